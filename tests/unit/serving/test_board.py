"""The numbers in shared memory: who sees what, what is cleared, and that a fork shares them."""

from __future__ import annotations

import mmap

import pytest

from hitless.serving.board import FIXED_CELLS, Board, Cell, State
from hitless.serving.lifecycle import Phase


def test_a_new_board_is_empty() -> None:
    board = Board(2, 3)
    assert board.phase is Phase.STARTING
    assert board.states() == [State.ABSENT, State.ABSENT]
    assert (board.serving(), board.restarts, board.crash_loop, board.backed) == (0, 0, False, False)
    assert [board.total(cell) for cell in range(FIXED_CELLS + 3)] == [0] * (FIXED_CELLS + 3)


def test_the_fixed_cells_come_first() -> None:
    assert max(Cell) < FIXED_CELLS


@pytest.mark.parametrize("phase", list(Phase), ids=lambda phase: phase.name)
def test_phase(phase: Phase) -> None:
    board = Board(1, 0)
    board.phase = phase
    assert board.phase is phase


def test_what_the_supervisor_writes() -> None:
    board = Board(1, 0)
    board.count_restart()
    board.count_restart()
    board.crash_loop = True
    board.backed = True
    assert (board.restarts, board.crash_loop, board.backed) == (2, True, True)
    board.crash_loop = board.backed = False
    assert (board.crash_loop, board.backed) == (False, False)
    assert board.states() == [State.ABSENT]


def test_rows_are_apart_and_totals_are_over_all() -> None:
    board = Board(3, 2)
    for index in range(3):
        row = board.row(index)
        assert len(row) == FIXED_CELLS + 2
        row[Cell.CONNECTIONS] = 10 ** (index + 1)
        row[FIXED_CELLS] = index
        row[FIXED_CELLS + 1] = 2**40
    assert [board.row(index)[Cell.CONNECTIONS] for index in range(3)] == [10, 100, 1000]
    assert board.total(Cell.CONNECTIONS) == 1110
    assert board.total(FIXED_CELLS) == 3
    assert board.total(FIXED_CELLS + 1) == 3 * 2**40
    assert board.total(Cell.QUEUED) == 0


def test_states() -> None:
    board = Board(5, 0)
    for state in State:
        board.row(state)[Cell.STATE] = state
    assert board.states() == list(State)
    assert board.serving() == 1


def test_a_worker_that_is_gone_leaves_its_counters() -> None:
    board = Board(2, 1)
    for index in range(2):
        for cell in (*Cell, FIXED_CELLS):
            board.row(index)[cell] = 1
    board.clear_gauges(0)
    assert [board.row(0)[cell] for cell in Cell] == [0] * len(Cell)
    assert board.row(0)[FIXED_CELLS] == 1
    assert [board.row(1)[cell] for cell in Cell] == [1] * len(Cell)


def test_the_memory_is_shared_with_children_of_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mappings of one descriptor, as a fork has them; and where there is no memfd (macOS), a file does."""
    board = Board(1, 0)
    assert isinstance(board._memory, mmap.mmap)
    monkeypatch.delattr("os.memfd_create", raising=False)
    without = Board(2, 5)
    without.row(1)[Cell.PID] = 7
    assert without.total(Cell.PID) == 7
    assert without.row(0)[Cell.PID] == 0


def test_a_later_version_goes_on_counting() -> None:
    older, newer = Board(1, 0), Board(2, 3)
    older.count_restart()
    older.count_reload(serves=True)
    older.count_reload(serves=False)
    older.count_reload(serves=False)
    older.crash_loop = True
    newer.continue_from(older)
    assert (newer.restarts, newer.reloads, newer.failed_reloads, newer.crash_loop) == (1, 1, 2, False)
