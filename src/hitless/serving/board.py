"""The numbers that all processes of one server see: phase, each worker's state, every counter.

Shared memory made before the fork, one row a worker and one writer a row, so no locks: an aligned 8-byte store is
whole on every machine that we run on. Nothing here decides; `health` and `metrics` read it.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from enum import IntEnum

from hitless.serving.lifecycle import Phase


class State(IntEnum):
    """A worker's own state."""

    ABSENT = 0
    LOADING = 1
    SERVING = 2
    LEAVING = 3
    FAULTY = 4


class Cell(IntEnum):
    """The fixed cells of a worker's row; the counters follow."""

    STATE = 0
    PID = 1
    HEARTBEAT_NS = 2  # time.monotonic_ns of its last turn
    CONNECTIONS = 3
    IN_FLIGHT = 4  # received and not yet answered
    QUEUED = 5  # of these, not yet begun


class _Head(IntEnum):
    PHASE = 0
    RESTARTS = 1
    CRASH_LOOP = 2
    BACKED = 3
    RELOADS = 4
    FAILED_RELOADS = 5


_HEAD_CELLS = 8
_PHASE, _LEAVING = int(_Head.PHASE), int(Phase.LINGERING)
FIXED_CELLS = 8


class Board:
    """`rows` workers with `counters` counters each, in shared memory that forked children inherit."""

    def __init__(self, rows: int, counters: int) -> None:
        self.rows = rows
        self._width = FIXED_CELLS + counters
        size = 8 * (_HEAD_CELLS + rows * self._width)
        self._memory = _shared_memory(size)
        self._cells = memoryview(self._memory).cast("q")

    @property
    def phase(self) -> Phase:
        return Phase(self._cells[_Head.PHASE])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._cells[_Head.PHASE] = phase

    @property
    def leaving(self) -> bool:
        """As `phase.leaving`, for every answer: workers that were busy when they were told know it from here."""
        return self._cells[_PHASE] >= _LEAVING

    @property
    def restarts(self) -> int:
        return self._cells[_Head.RESTARTS]

    def count_restart(self) -> None:
        self._cells[_Head.RESTARTS] += 1

    @property
    def reloads(self) -> int:
        """New versions that took over."""
        return self._cells[_Head.RELOADS]

    @property
    def failed_reloads(self) -> int:
        """New versions that were not loaded; the old one went on."""
        return self._cells[_Head.FAILED_RELOADS]

    def count_reload(self, *, serves: bool) -> None:
        self._cells[_Head.RELOADS if serves else _Head.FAILED_RELOADS] += 1

    def continue_from(self, older: Board) -> None:
        """Take over the counts that belong to the server, not to one version of its package."""
        for cell in (_Head.RESTARTS, _Head.RELOADS, _Head.FAILED_RELOADS):
            self._cells[cell] = older._cells[cell]

    @property
    def crash_loop(self) -> bool:
        """A worker cannot come up: set and cleared by the supervisor."""
        return bool(self._cells[_Head.CRASH_LOOP])

    @crash_loop.setter
    def crash_loop(self, value: bool) -> None:
        self._cells[_Head.CRASH_LOOP] = int(value)

    @property
    def backed(self) -> bool:
        """Another version of the package still serves: nobody has to wait for this one's workers."""
        return bool(self._cells[_Head.BACKED])

    @backed.setter
    def backed(self, value: bool) -> None:
        self._cells[_Head.BACKED] = int(value)

    def row(self, index: int) -> memoryview:
        """The cells of one worker: `Cell` first, then its counters. Only that worker writes."""
        start = _HEAD_CELLS + index * self._width
        return self._cells[start : start + self._width]

    def clear_gauges(self, index: int) -> None:
        """A worker is gone: what it had in hand is, too; its counters stay (they never fall)."""
        row = self.row(index)
        for cell in Cell:
            row[cell] = 0

    def states(self) -> list[State]:
        return [State(self.row(index)[Cell.STATE]) for index in range(self.rows)]

    def serving(self) -> int:
        """How many workers have their model and take requests."""
        return sum(state is State.SERVING for state in self.states())

    def total(self, cell: int) -> int:
        """The sum of one cell, fixed or counter, over all rows."""
        return sum(self.row(index)[cell] for index in range(self.rows))


def _shared_memory(size: int) -> mmap.mmap:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("hitless-board")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        os.ftruncate(descriptor, size)
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
