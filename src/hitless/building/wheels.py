"""Wheels by name, version and hash: chosen for a target, written to the lock file, read from it. Pure.

`hitless.lock` holds what was resolved, for each target, so that a build next month has the same digest. It names no
index and no address: a wheel is found again by its hash.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from hitless.building.target import Target
from hitless.errors import InputError, Problem

LOCK_FILE = "hitless.lock"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, order=True)
class Wheel:
    """One wheel file; `size` in bytes, 0 where it is not known; `sha256` in hexadecimal."""

    name: str
    version: str
    filename: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def choose(pylock: str, target: Target) -> tuple[Wheel, ...]:
    """The best wheel of each package in a pylock.toml (PEP 751). InputError names every package without one."""
    ranks = {tag: rank for rank, tag in enumerate(target.tags)}
    chosen, missing = [], []
    for package in tomllib.loads(pylock).get("packages", ()):
        name = canonicalize_name(package["name"])
        entries = {_filename(entry): entry for entry in _entries(package)}
        fitting = {filename: rank for filename in entries if (rank := _rank(filename, ranks)) is not None}
        if not fitting:
            missing.append(name)
            continue
        best = min(fitting, key=lambda filename: fitting[filename])
        entry = entries[best]
        chosen.append(Wheel(name, package["version"], best, entry.get("size", 0), entry["hashes"]["sha256"]))
    if missing:
        raise WithoutWheelError(missing, target)
    return tuple(sorted(chosen))


def _entries(package: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Those of an index; a wheel that is a file here is an archive, as a source package is."""
    return [*package.get("wheels", ()), *([package["archive"]] if "archive" in package else [])]


def _filename(entry: Mapping[str, str]) -> str:
    return entry.get("name") or (entry.get("path") or entry["url"]).rpartition("/")[2]


def _rank(filename: str, ranks: Mapping[Tag, int]) -> int | None:
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return None
    return min((ranks[tag] for tag in tags if tag in ranks), default=None)


class WithoutWheelError(InputError):
    """`names`: the packages that can be had as source only, or for other machines."""

    def __init__(self, names: Sequence[str], target: Target) -> None:
        super().__init__([_without_wheel(name, str(target)) for name in names])
        self.names = tuple(names)


def _without_wheel(name: str, target: str) -> Problem:
    """What to do where a package can be had as source only, or for other machines."""
    return Problem(
        "BUILD-1",
        f"{name} has no wheel for {target}",
        'Three ways out: ask for a version that has one; give a wheel of your own (packages = ["./wheels/….whl"]); '
        "or build with an engine, which can compile it: --engine podman.",
        "hitless.toml",
        path="build.packages",
    )


class _Locked(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    requirements: str  # a hash of what was asked for
    wheels: list[tuple[str, str, str, int, str]]


class _Lock(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    targets: dict[str, _Locked]
    version: int = 1


@dataclass(frozen=True)
class Lock:
    """What was resolved, by target."""

    locked: Mapping[str, tuple[str, tuple[Wheel, ...]]]

    def wheels(self, target: Target, asked: str) -> tuple[Wheel, ...] | None:
        """The wheels for a target; None where it has none, or they were resolved for something else."""
        found = self.locked.get(str(target))
        return found[1] if found is not None and found[0] == asked else None

    def with_target(self, target: Target, asked: str, wheels: Sequence[Wheel]) -> Lock:
        return Lock({**self.locked, str(target): (asked, tuple(wheels))})

    def text(self) -> str:
        targets = {
            name: {"requirements": asked, "wheels": [[w.name, w.version, w.filename, w.size, w.sha256] for w in wheels]}
            for name, (asked, wheels) in sorted(self.locked.items())
        }
        return json.dumps({"version": 1, "targets": targets}, indent=1) + "\n"


def parse_lock(text: str, file: str) -> Lock:
    """InputError for a lock file that is none of ours."""
    try:
        read = msgspec.json.decode(text, type=_Lock)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _bad_lock(file, str(error)) from None
    if read.version != 1:
        raise _bad_lock(file, f"its version is {read.version}")
    locked = {
        target: (one.requirements, tuple(Wheel(*wheel) for wheel in one.wheels)) for target, one in read.targets.items()
    }
    bad = [wheel.filename for wheel in _all(locked) if not _SHA256.fullmatch(wheel.sha256) or "/" in wheel.filename]
    if bad:
        raise _bad_lock(file, f"{bad[0][:100]!r} is no wheel with a hash")
    return Lock(locked)


def _all(locked: Mapping[str, tuple[str, tuple[Wheel, ...]]]) -> Iterable[Wheel]:
    return (wheel for _, wheels in locked.values() for wheel in wheels)


def _bad_lock(file: str, reason: str) -> InputError:
    return InputError(
        [Problem("BUILD-2", f"it cannot be read: {reason}", "Delete it; the next build writes it anew.", file)]
    )
