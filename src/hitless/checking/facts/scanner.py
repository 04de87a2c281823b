"""The seam between the one pass over an image's files and whoever wants to see their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from hitless.checking.facts.seen import Finding, ScannerSeen


class ScannedFile(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A regular file. `path` without a leading slash. `layer`: from 0, the lowest; -1 where there are none. `in_base`:
    it comes from the base image, as far as that is told; False where it is not."""

    path: str
    size: int
    mode: int
    uid: int = 0
    gid: int = 0
    layer: int = -1
    in_base: bool = False


class Sink(Protocol):
    """The bytes of one file, in order. What it holds is bounded, whatever the file."""

    def feed(self, piece: bytes) -> None: ...

    def end(self) -> Iterable[Finding]:
        """What was found in it. Called once, after the last piece; not at all for a file that could not be read."""


class Scanner(Protocol):
    """Hostile files are its daily bread: it never raises for what is in one, and never executes any of it."""

    def begin(self, file: ScannedFile) -> Sink | None:
        """None where the bytes of this file do not matter to it: then they may not even be read."""

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        """About the whole, at the end: which it is, what it saw, and what it could not."""
