"""A file of waivers: failures that somebody has accepted, for a reason, until a day."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitless.errors import InputError, Problem

MOST_BYTES = 1 << 20
_EXAMPLE = '[[waiver]]\nrule = "HL512"\nreason = "…"\nexpires = 2027-01-31'


@dataclass(frozen=True)
class Waiver:
    """It goes until the end of the day `expires`."""

    rule: str
    reason: str
    expires: datetime.date
    line: int = 0

    def is_expired(self, today: datetime.date) -> bool:
        return today > self.expires


def read_waivers(path: Path, known: Iterable[str]) -> tuple[Waiver, ...]:
    """`known`: the ids of all rules. InputError with every fault of the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        value = tomllib.loads(data.decode())
    except OSError as error:
        problem = Problem("CHK-2", f"cannot read the waivers: {error.strerror}", "Check the path.", file=str(path))
        raise InputError([problem]) from error
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError among them
        problem = Problem("CHK-2", f"the waivers are no TOML: {error}", f"Write\n{_EXAMPLE}", file=str(path))
        raise InputError([problem]) from error
    return _checked(value, path, frozenset(known))


def _checked(value: Mapping[str, Any], path: Path, known: frozenset[str]) -> tuple[Waiver, ...]:
    entries, waivers = value.get("waiver", []), []
    remedy = f"Write\n{_EXAMPLE}"
    problems = [_fault(path, f"there is no key {key!r}", remedy) for key in value.keys() - {"waiver"}]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError([_fault(path, "`waiver` is no list of tables", f"Write\n{_EXAMPLE}")])
    for number, entry in enumerate(entries, 1):
        faults = list(_faults(entry, known))
        problems += [_fault(path, f"waiver {number}: {message}", remedy) for message, remedy in faults]
        if not faults:
            waivers.append(Waiver(entry["rule"], entry["reason"].strip(), entry["expires"]))
    if problems:
        raise InputError(problems)
    return tuple(waivers)


def _faults(entry: Mapping[str, Any], known: frozenset[str]) -> Iterable[tuple[str, str]]:
    for key in entry.keys() - {"rule", "reason", "expires"}:
        yield f"there is no key {key!r}", "Keys are rule, reason and expires."
    if entry.get("rule") not in known:
        yield f"there is no rule {entry.get('rule')!r}", "`hitless explain` lists all rules."
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        yield "it has no reason", 'Say why, such as reason = "the gateway in front of it answers instead".'
    if type(entry.get("expires")) is not datetime.date:
        yield "it has no day on which it expires", "Write a date without quotes: expires = 2027-01-31."


def _fault(path: Path, message: str, remedy: str) -> Problem:
    return Problem("CHK-3", message, remedy, file=str(path))
