"""The display of a check: what each stage does, how long still; by a clock that the test moves."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from hitless.cli.check_progress import Board, Step, line, progress, table


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("step", "now_s", "shown"),
    [
        pytest.param(Step("stop", "SIGTERM sent", 2, None), 12, "  12 s  stop: SIGTERM sent", id="open-end"),
        pytest.param(Step("keep-alive", "idle", 2, 200), 12, "  12 s  keep-alive: idle (190 s left)", id="time-left"),
        pytest.param(Step("stop", "waits", 0, 90), 100, " 100 s  stop: waits (0 s left)", id="late"),
        pytest.param(Step("stop", "", 0, 90), 61, "  61 s  stop: done", id="over"),
    ],
)
def test_a_line(step: Step, now_s: float, shown: str) -> None:
    assert line(step, now_s) == shown


def test_the_same_words_are_no_news_and_others_do_not_begin_the_stage_anew() -> None:
    board = Board({"stop": 90.0})
    assert board.put("stop", "load", 1) == Step("stop", "load", 1, 90)
    assert board.put("stop", "load", 5) is None
    assert board.put("stop", "SIGTERM sent", 6) == Step("stop", "SIGTERM sent", 1, 90)
    assert board.put("stop", "waiting", 7, 60) == Step("stop", "waiting", 7, 60)


def test_the_whole_has_a_name() -> None:
    board = Board()
    board.put("", "reading layers", 0)
    assert [step.stage for step in board.steps()] == ["check"]


def test_a_pipe_gets_a_line_for_each_change() -> None:
    file, clock = io.StringIO(), Clock()
    with progress(Console(file=file, width=20), lasts_s={"keep-alive": 210.0}, clock=clock) as tell:
        tell("", "reading layers [bold]")
        clock.now_s += 12
        tell("keep-alive", "50 connections are idle")
        tell("keep-alive", "50 connections are idle")
        clock.now_s += 210
        tell("keep-alive", "")
    assert file.getvalue().splitlines() == [
        "   0 s  check: reading layers [bold]",
        "  12 s  keep-alive: 50 connections are idle (210 s left)",
        " 222 s  keep-alive: done",
    ]


def test_a_terminal_gets_a_live_line_for_each_stage() -> None:
    board, file = Board({"keep-alive": 200.0}), io.StringIO()
    board.put("keep-alive", "idle", 0)
    board.put("start", "it answers", 2)
    board.put("start", "", 3)
    board.put("user", "", 3)
    Console(file=file, width=80).print(table(board, 50))
    first, second = file.getvalue().splitlines()
    assert first.split() == ["keep-alive", "idle", "150", "s", "left", "████░░░░░░░░░░░░"]
    assert second.split() == ["start", "done"]


def test_nothing_of_the_live_display_stays() -> None:
    file = io.StringIO()
    with progress(Console(file=file, force_terminal=True, width=80, height=20)) as tell:
        tell("stop", "SIGTERM sent")
    assert file.getvalue().endswith("\x1b[2K")


def test_stages_tell_from_several_threads() -> None:
    board = Board()
    threads = [
        threading.Thread(target=lambda name=name: [board.put(name, str(n), n) for n in range(200)])
        for name in ("start", "stop", "api")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(step.stage, step.text) for step in board.steps()} == {(name, "199") for name in ("start", "stop", "api")}
