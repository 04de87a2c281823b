"""A search for known malicious code, by the rules in rules/malware.yar and rules/suspicious.yar.

All files are read, whatever their kind and size, in windows that overlap; so a rule sees at most a window at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding
from hitless.checking.scanning.engine import Hit
from hitless.checking.scanning.tally import Tally
from hitless.checking.scanning.windows import OVERLAP, SIZE

NAME = "signatures"
_LIMITS = (
    f"files are read in windows of {SIZE >> 20} MiB that overlap by {OVERLAP >> 10} KiB; what is compressed or "
    "encrypted in a file is not unpacked"
)
_STARTS = re.compile(
    r"(?:[^/]+/){0,2}[^/]*(?:run|start|entry|boot|init|launch|serve|main|docker)[^/]*(?:\.(?:sh|bash))?"
)
_NO_STARTS = re.compile(r"(?:usr|lib|lib64|etc|bin|sbin|var|proc|sys|dev)/.*|.*\.(?!sh$|bash$)[a-z0-9]+", re.IGNORECASE)
_STARTS_AT_MOST = 2  # folders deep
_MODELS = (".h5", ".hdf5", ".keras")


class Signatures:
    rules: tuple[str, ...] = ("malware.yar", "suspicious.yar")

    def __init__(self) -> None:
        self.tally = Tally(NAME, limits=_LIMITS)

    def begin(self, file: ScannedFile) -> _File:
        return _File(file, self.tally)

    def about(self, file: ScannedFile) -> dict[str, bool]:
        return {"starts": _is_start(file.path), "model": file.path.lower().endswith(_MODELS)}


def _is_start(path: str) -> bool:
    is_near = path.count("/") <= _STARTS_AT_MOST
    return is_near and _STARTS.fullmatch(path) is not None and _NO_STARTS.fullmatch(path) is None


class _File:
    def __init__(self, file: ScannedFile, tally: Tally) -> None:
        self._file = file
        self._tally = tally
        self._hits: dict[str, tuple[Hit, int]] = {}

    def feed(self, piece: bytes) -> None:
        pass

    def hit(self, hit: Hit, window: bytes, offset: int) -> None:
        first = min((at for at, _ in hit.offsets), default=0)
        self._hits.setdefault(hit.rule, (hit, offset + first))

    def end(self) -> Iterable[Finding]:
        found = []
        for hit, offset in self._hits.values():
            detail = f"rule {hit.rule}, at byte {offset}; {hit.reference}"
            found += self._tally.finding(self._file, hit.kind, hit.description, detail)
        return found
