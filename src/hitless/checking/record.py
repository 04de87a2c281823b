"""All that was seen of a subject, in the order in which it was seen: a value, and its form as lines of JSON.

Verdicts follow from a record and from nothing else, so a report can be made again from the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import msgspec

from hitless.checking.events import (
    Begun,
    Closed,
    Ended,
    Exchange,
    Exited,
    Logged,
    Measured,
    Noted,
    Signalled,
    Stage,
    Unseen,
    Wrote,
)
from hitless.checking.facts.seen import ConfigSeen, FileSeen, FilesSeen, Finding, ImageSeen, ScannerSeen
from hitless.errors import InputError, Problem

FORMAT = 1
MOST_LINE_BYTES = 64 << 20
MOST_LINES = 1 << 20  # twice what a recorder keeps
LONGEST_S = 1e6  # eleven days: no stage lasts as long, and no picture has room for more
_SHOWN = 200


class Kind(StrEnum):
    """Of a subject."""

    IMAGE = "image"
    ROOT = "root file system"
    PACKAGE = "package"
    SERVICE = "service"


class Opened(msgspec.Struct, frozen=True, tag_field="event", tag="opened"):
    """The first line: what is checked, by what, when (RFC 3339), and with which wishes."""

    subject: str
    kind: str  # see Kind
    version: str  # of hitless
    moment: str
    profile: str
    purpose: str
    seed: int
    quick: bool = False
    format: int = FORMAT
    is_file: bool = False  # an image in a file or a folder
    flags: tuple[str, ...] = ()  # that the user gave about the subject, to check it again


Entry = (
    Opened | ImageSeen | FileSeen | FilesSeen | ConfigSeen | ScannerSeen | Finding
    | Begun | Exchange | Closed | Signalled | Logged | Exited | Measured | Wrote | Noted | Ended | Unseen
)  # fmt: skip
E = TypeVar("E")


@dataclass(frozen=True)
class Record:
    """`opened` is the first of the entries."""

    opened: Opened
    entries: tuple[Entry, ...]

    def all(self, kind: type[E], stage: Stage | None = None) -> tuple[E, ...]:
        """The entries of a kind, of one stage or of all."""
        return tuple(
            entry
            for entry in self.entries
            if isinstance(entry, kind) and (stage is None or getattr(entry, "stage", None) is stage)
        )

    def first(self, kind: type[E], stage: Stage | None = None) -> E | None:
        return next(iter(self.all(kind, stage)), None)

    def missing(self, stage: Stage) -> str:
        """Why a stage was not seen; empty where it was."""
        for unseen in self.all(Unseen, stage):
            return unseen.why
        seen = any(getattr(entry, "stage", None) is stage for entry in self.entries)
        return "" if seen else f"nothing of the stage {stage.value!r} was recorded"


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


def to_line(entry: Entry) -> bytes:
    return _ENCODER.encode(entry) + b"\n"


def to_lines(record: Record) -> Iterator[bytes]:
    return (to_line(entry) for entry in record.entries)


def read_lines(lines: Iterable[bytes], name: str) -> Record:
    """InputError with every line that is none (the first few), and for a file that is no record."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE_BYTES or number > MOST_LINES:
            problems.append(_problem(name, number, "the record is longer than any that a check writes"))
            break
        if not line.strip():
            continue
        try:
            entries.append(_timed(_DECODER.decode(line)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problems.append(_problem(name, number, f"this is no line of a record: {error}"))
            if len(problems) == 10:
                break
    if not problems and not (entries and isinstance(entries[0], Opened)):
        problems.append(_problem(name, 1, "the first line does not open a record"))
    if not problems and any(isinstance(entry, Opened) and entry.format != FORMAT for entry in entries):
        problems.append(_problem(name, 1, f"the record is not of format {FORMAT}"))
    if problems:
        raise InputError(problems)
    first = entries[0]
    assert isinstance(first, Opened)  # noqa: S101
    return Record(first, tuple(entries))


def _timed(entry: Entry) -> Entry:
    """DecodeError for moments that no check has seen."""
    for name in ("at_s", "until_s", "idle_s"):
        if abs(getattr(entry, name, 0.0)) > LONGEST_S:
            raise msgspec.DecodeError(f"{name} is no number of seconds within a check")
    return entry


def _problem(name: str, line: int, message: str) -> Problem:
    remedy = "Give a file that `hitless check --record` wrote, whole."
    return Problem("CHK-1", message[:_SHOWN], remedy, file=name, line=line)
