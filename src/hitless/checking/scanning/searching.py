"""Scanner: everything that is searched by YARA-X, in one pass over a file; what a hit means, its searches decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.engine import Engine, Hit, SlowRules, engine_version
from hitless.checking.scanning.tally import Tally
from hitless.checking.scanning.windows import Windows

_ABSENT = "YARA-X is not installed (pip install yara-x)"
_SLOW = "a part took too long to be searched"


class Reading(Protocol):
    """One file, as one search sees it."""

    def feed(self, piece: bytes) -> None: ...

    def hit(self, hit: Hit, window: bytes, offset: int) -> None: ...

    def end(self) -> Iterable[Finding]: ...


class Search(Protocol):
    """`rules`: the names of its files of rules."""

    rules: tuple[str, ...]
    tally: Tally

    def begin(self, file: ScannedFile) -> Reading | None: ...

    def about(self, file: ScannedFile) -> dict[str, bool]:
        """What its rules may ask about a file; the same names for every file."""


class Searching:
    def __init__(self, *searches: Search) -> None:
        self._searches = searches
        self._engine: Engine | None = None
        try:
            names = [name for search in searches for name in search.rules]
            asked = {name: False for search in searches for name in search.about(ScannedFile("", 0, 0))}
            self._engine = Engine(*names, **asked)
        except ImportError:
            for search in searches:
                search.tally.absent = _ABSENT
        version = engine_version()
        for search in searches:
            search.tally.version = version

    def begin(self, file: ScannedFile) -> _File | None:
        if self._engine is None:
            return None
        readings = [(search, reading) for search in self._searches if (reading := search.begin(file)) is not None]
        return _File(file, self._engine, readings) if readings else None

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        return [search.tally.seen() for search in self._searches]


class _File:
    def __init__(self, file: ScannedFile, engine: Engine, readings: Sequence[tuple[Search, Reading]]) -> None:
        self._file = file
        self._engine = engine
        self._readings = readings
        self._about: dict[str, bool] = {}
        for search, _ in readings:
            self._about |= search.about(file)
        self._windows = Windows(self._look)
        self._size = 0

    def feed(self, piece: bytes) -> None:
        self._size += len(piece)
        for _, reading in self._readings:
            reading.feed(piece)
        self._windows.feed(piece)

    def end(self) -> Iterable[Finding]:
        self._windows.end()
        for search, _ in self._readings:
            search.tally.read(self._size)
        return [finding for _, reading in self._readings for finding in reading.end()]

    def _look(self, window: bytes, offset: int) -> None:
        self._engine.set(self._about)
        try:
            hits = self._engine.look(window)
        except SlowRules:
            for search, _ in self._readings:
                search.tally.lacks(self._file.path, _SLOW)
            return
        for hit in hits:
            for search, reading in self._readings:
                if hit.source in search.rules:
                    reading.hit(hit, window, offset)
