"""Scanner: ClamAV, where it is installed and has signatures; by clamd if one is running, else by clamscan."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from hitless.checking.facts.scanner import ScannedFile, Sink
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.clamd import SOCKETS, Clamd, Stream, running
from hitless.checking.scanning.clamscan import Clamscan, installed
from hitless.checking.scanning.tally import Tally

NAME = "clamav"
MOST_SIZE = 25 << 20  # what clamd takes of a stream unless it is told otherwise
SECONDS = 120.0
_LIMITS = f"files larger than {MOST_SIZE >> 20} MiB and files of the base image are not given to it"


class ClamAV:
    """`database`: a folder of signatures for clamscan. `sockets`: where clamd may listen. `seconds`: for all files
    together; what is not looked at by then is told."""

    def __init__(
        self, database: Path | None = None, sockets: tuple[Path, ...] = SOCKETS, seconds: float = SECONDS
    ) -> None:
        self._until = time.monotonic() + seconds
        self._clamd: Clamd | None = running(sockets) if database is None else None
        self._clamscan: Clamscan | None = None
        self._batch: dict[str, ScannedFile] = {}
        self._findings: list[Finding] = []
        version = absent = ""
        if self._clamd is not None:
            version = self._clamd.version()
        else:
            found = installed(database, seconds)
            if isinstance(found, str):
                absent = found
            else:
                self._clamscan, version = found, found.version()
        self._tally = Tally(NAME, version, absent, _LIMITS)

    def begin(self, file: ScannedFile) -> Sink | None:
        if file.in_base or file.size > MOST_SIZE or (self._clamd is None and self._clamscan is None):
            return None
        if time.monotonic() > self._until:
            self._tally.lacks(file.path, "the time for it was over")
            return None
        if self._clamd is not None:
            return _Streamed(file, self._clamd, self._tally)
        assert self._clamscan is not None  # noqa: S101
        if self._clamscan.is_full:
            self._look()
        place = self._clamscan.open()
        self._batch[place.name] = file
        return _Written(file, place, self._clamscan, self._tally)

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        if self._clamscan is not None:
            self._look()
            self._clamscan.close()
        return [*self._findings, self._tally.seen()]

    def _look(self) -> None:
        assert self._clamscan is not None  # noqa: S101
        try:
            for name, what in self._clamscan.look().items():
                self._findings += self._tally.finding(self._batch[name], "virus", what)
        except OSError as error:
            for file in self._batch.values():
                self._tally.lacks(file.path, f"ClamAV could not look: {error}")
        self._batch.clear()


class _Streamed:
    def __init__(self, file: ScannedFile, clamd: Clamd, tally: Tally) -> None:
        self._file = file
        self._tally = tally
        self._stream: Stream | None = None
        try:
            self._stream = clamd.stream()
        except OSError as error:
            self._lost(error)

    def feed(self, piece: bytes) -> None:
        if self._stream is not None:
            try:
                self._stream.feed(piece)
            except OSError as error:
                self._lost(error)

    def end(self) -> Iterable[Finding]:
        if self._stream is None:
            return []
        try:
            what = self._stream.end()
        except OSError as error:
            self._lost(error)
            return []
        self._tally.read(self._file.size)
        return self._tally.finding(self._file, "virus", what) if what else []

    def _lost(self, error: OSError) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        self._tally.lacks(self._file.path, f"ClamAV could not look: {error}")


class _Written:
    """What it found comes with the batch."""

    def __init__(self, file: ScannedFile, place: Path, clamscan: Clamscan, tally: Tally) -> None:
        self._file = file
        self._clamscan = clamscan
        self._tally = tally
        self._out = place.open("wb", buffering=0)
        self._left = MOST_SIZE

    def feed(self, piece: bytes) -> None:
        part = piece[: self._left]
        self._left -= len(part)
        try:
            self._out.write(part)
        except OSError as error:
            self._tally.lacks(self._file.path, f"it could not be written for ClamAV: {error.strerror}")
            self._left = 0

    def end(self) -> Iterable[Finding]:
        self._out.close()
        self._clamscan.wrote(MOST_SIZE - self._left)
        self._tally.read(self._file.size)
        return []
