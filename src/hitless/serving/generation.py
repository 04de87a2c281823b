"""One version of the package: its workers, what they share, and whether another version can take its place."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from hitless.errors import InputError, Problem
from hitless.serving.board import Board, Cell
from hitless.serving.child import Child
from hitless.serving.metrics import answered_by, counters_for
from hitless.serving.package import Package
from hitless.serving.restarts import Restarts


@dataclass
class Generation:
    """The workers of one version of the package. `children[i]` is None while place i is empty."""

    package: Package
    board: Board
    children: list[Child | None]
    restarts: list[Restarts] = field(default_factory=list)
    has_served: bool = False
    renewed: bool = False  # a replacement of the whole has been tried

    @classmethod
    def of(cls, package: Package, workers: int) -> Generation:
        """A version without a worker yet."""
        board = Board(workers, counters_for([api.url for api in package.contract.apis]))
        return cls(package, board, [None] * workers, [Restarts() for _ in range(workers)])

    def living(self) -> list[Child]:
        return [child for child in self.children if child is not None]

    def traffic(self) -> tuple[int, int]:
        """Requests of its apis answered so far, and all requests in hand."""
        return answered_by(self.board, len(self.package.contract.apis)), self.board.total(Cell.IN_FLIGHT)


def check_same_address(old: Package, new: Package) -> None:
    """The listening socket is bound for good: another port or protocol needs another start (InputError)."""
    for key in ("port", "protocol"):
        before, after = getattr(old.contract, key), getattr(new.contract, key)
        if before != after:
            remedy = f"Write {before!r} again, or start the server anew."
            raise InputError([Problem("PKG-7", f"{key} changed from {before!r} to {after!r}", remedy, path=f"$.{key}")])


def mtimes(folder: Path) -> dict[str, int]:
    """When each file of a package was changed (nanoseconds); what Python caches does not count."""
    found = {}
    for path in folder.rglob("*"):
        if "__pycache__" not in path.parts and not path.name.startswith("."):
            with contextlib.suppress(OSError):
                found[str(path)] = path.stat().st_mtime_ns
    return found
