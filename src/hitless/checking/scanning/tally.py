"""What a scanner read and could not read: the sums that become its ScannerSeen."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen

MOST_FINDINGS = 500  # a scanner; an image with more of them has been judged long since
_NAMED = 3


class Tally:
    """`absent`: why the scanner could not be used at all. `limits`: what it never looks at, by design."""

    def __init__(self, name: str, version: str = "", absent: str = "", limits: str = "") -> None:
        self.name = name
        self.version = version
        self.absent = absent
        self.limits = limits
        self._files = 0
        self._bytes = 0
        self._findings = 0
        self._dropped = 0
        self._lacking: dict[str, list[str]] = {}

    def read(self, size: int) -> None:
        self._files += 1
        self._bytes += size

    def lacks(self, path: str, why: str) -> None:
        """A file was not looked at, or not to its end."""
        paths = self._lacking.setdefault(why, [])
        if len(paths) <= _NAMED:
            paths.append(path)

    def finding(self, file: ScannedFile, kind: str, what: str, detail: str = "") -> list[Finding]:
        """One, or none once there are too many to keep."""
        if self._findings >= MOST_FINDINGS:
            self._dropped += 1
            return []
        self._findings += 1
        return [
            Finding(
                stage=Stage.SAFETY, scanner=self.name, kind=kind, path=file.path, what=what, detail=detail,
                layer=file.layer,
            )
        ]  # fmt: skip

    def seen(self) -> ScannerSeen:
        reasons = [self.absent] if self.absent else []
        reasons += [f"{why}: {_listed(paths)}" for why, paths in self._lacking.items()]
        if self._dropped:
            reasons.append(f"{self._dropped} more findings were not kept")
        return ScannerSeen(
            stage=Stage.SAFETY, name=self.name, version=self.version, lacking="; ".join(reasons), files=self._files,
            bytes=self._bytes, limits=self.limits,
        )  # fmt: skip


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:_NAMED]) + (" and others" if len(paths) > _NAMED else "")
