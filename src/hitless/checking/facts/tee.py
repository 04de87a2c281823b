"""One pass over the bytes, several scanners: each gets the pieces of the files that it asked for.

A scanner that raises has a bug; what it did not see then is told, and no other scanner misses anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hitless.checking.events import Stage
from hitless.checking.facts.scanner import ScannedFile, Scanner, Sink
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.images.digest import PIECE, Readable

MOST_FINDINGS = 10_000  # of one scanner


class Tee:
    def __init__(self, scanners: Iterable[Scanner]) -> None:
        self._watched = [_Watched(scanner) for scanner in scanners]

    def scan(self, file: ScannedFile, stream: Readable) -> None:
        """Whatever reading the stream raises goes through: then no sink is told of an end."""
        sinks = [(one, sink) for one in self._watched if (sink := one.begin(file)) is not None]
        while sinks and (piece := stream.read(PIECE)):
            for one, sink in sinks:
                one.feed(sink, piece)
        for one, sink in sinks:
            one.end(sink)

    def finish(self, lacking: str = "") -> Iterator[ScannerSeen | Finding]:
        """`lacking`: what no scanner could see."""
        for one in self._watched:
            yield from one.finish(lacking)


class _Watched:
    """One scanner, and what became of it."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._findings: list[Finding] = []
        self._lacking = ""
        self._path = ""

    def begin(self, file: ScannedFile) -> Sink | None:
        if self._lacking:
            return None
        self._path = file.path
        try:
            return self._scanner.begin(file)
        except Exception as error:
            self._broke(error)
            return None

    def feed(self, sink: Sink, piece: bytes) -> None:
        if not self._lacking:
            try:
                sink.feed(piece)
            except Exception as error:
                self._broke(error)

    def end(self, sink: Sink) -> None:
        if not self._lacking:
            try:
                self._keep(sink.end())
            except Exception as error:
                self._broke(error)

    def _keep(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if len(self._findings) == MOST_FINDINGS:
                self._lacking = f"it found more than {MOST_FINDINGS:,} things, and was ended"
                return
            self._findings.append(finding)

    def _broke(self, error: Exception) -> None:
        where = f" at {self._path[:200]!r}" if self._path else ""
        self._lacking = f"the scanner itself broke{where}: {type(error).__name__}: {str(error)[:200]}"

    def finish(self, lacking: str) -> Iterator[ScannerSeen | Finding]:
        told: list[ScannerSeen | Finding] = []
        self._path = ""
        try:
            told += self._scanner.finish()
        except Exception as error:
            if not self._lacking:
                self._broke(error)
        yield from self._findings
        if not any(isinstance(one, ScannerSeen) for one in told):
            told.append(ScannerSeen(stage=Stage.SAFETY, name=type(self._scanner).__name__))
        for one in told:
            if isinstance(one, ScannerSeen):
                reasons = [reason for reason in (one.lacking, self._lacking, lacking) if reason]
                one = msgspec.structs.replace(one, lacking="; ".join(reasons))
            yield one
