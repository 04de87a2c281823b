"""Shows what a check is doing while it runs: live on a terminal, elsewhere a line for each change.

On standard error, so that a report on standard output stays alone. `with progress() as tell: tell("stop", "waiting")`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hitless.checking.events import Stage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LASTS_S: Mapping[str, float] = {Stage.KEEP_ALIVE: 210.0, Stage.STOP: 100.0}  # of stages that wait by the clock
WHOLE = "check"
_PER_SECOND = 4
_BAR = 16  # characters


class Tell(Protocol):
    """`stage`: its name, or empty for the whole. `text`: what is being done; empty: the stage is over.

    `of_s`: how many seconds the stage lasts at most; the usual time of its kind where it is not given.
    """

    def __call__(self, stage: str, text: str, of_s: float | None = None) -> None: ...


@dataclass(frozen=True)
class Step:
    """What a stage does. `since_s`: when the stage began. An empty text: it is over."""

    stage: str
    text: str
    since_s: float
    of_s: float | None

    def left_s(self, now_s: float) -> float | None:
        """None where nobody knows; never below zero."""
        return None if self.of_s is None else max(0.0, self.of_s - (now_s - self.since_s))


class Board:
    """The latest step of each stage, from any thread. Knows no clock and no terminal."""

    def __init__(self, lasts_s: Mapping[str, float] = LASTS_S) -> None:
        self._lasts_s = lasts_s
        self._steps: dict[str, Step] = {}
        self._lock = threading.Lock()

    def put(self, stage: str, text: str, now_s: float, of_s: float | None = None) -> Step | None:
        """The step, if it is news. A new step does not begin the stage anew, unless it says how long it lasts."""
        name = stage or WHOLE
        with self._lock:
            before = self._steps.get(name)
            if before is None and not text:
                return None  # it never began, so it is not done
            if before is not None and before.text == text and of_s in (None, before.of_s):
                return None
            since_s = now_s if before is None or of_s is not None else before.since_s
            known_s = of_s or (before.of_s if before is not None else self._lasts_s.get(name))
            self._steps[name] = Step(name, text, since_s, known_s)
            return self._steps[name]

    def steps(self) -> list[Step]:
        """In the order in which they began."""
        with self._lock:
            return list(self._steps.values())


def table(board: Board, now_s: float) -> Table:
    """A line for each stage: what it does, for how long, and how long still."""
    from rich.table import Column, Table
    from rich.text import Text

    grid = Table.grid(
        Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis"), Column(no_wrap=True, justify="right"),
        Column(no_wrap=True), padding=(0, 2),
    )  # fmt: skip
    for step in board.steps():
        style = "bold" if step.text else "dim"
        grid.add_row(Text(step.stage, style), step.text or Text("done", "dim"), _time(step, now_s), _bar(step, now_s))
    return grid


def line(step: Step, now_s: float) -> str:
    """`  12 s  keep-alive: connections are idle (198 s left)`."""
    left_s = step.left_s(now_s)
    left = "" if left_s is None or not step.text else f" ({left_s:.0f} s left)"
    return f"{now_s:4.0f} s  {step.stage}: {step.text or 'done'}{left}"


def _time(step: Step, now_s: float) -> str:
    if not step.text:
        return ""
    left_s = step.left_s(now_s)
    return f"{now_s - step.since_s:.0f} s" if left_s is None else f"{left_s:.0f} s left"


def _bar(step: Step, now_s: float) -> str:
    left_s = step.left_s(now_s)
    if left_s is None or not step.of_s or not step.text:
        return ""
    done = round(_BAR * (1 - left_s / step.of_s))
    return "█" * done + "░" * (_BAR - done)


@contextmanager
def progress(
    console: Console | None = None,
    *,
    lasts_s: Mapping[str, float] = LASTS_S,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tell]:
    """What it gives may be called from any thread; nothing of the live display stays at the end."""
    if console is None:
        from rich.console import Console

        console = Console(stderr=True)
    board, began_s, shown = Board(lasts_s), clock(), console

    def tell(stage: str, text: str, of_s: float | None = None) -> None:
        now_s = clock() - began_s
        step = board.put(stage, text, now_s, of_s)
        if step is not None and not live:
            shown.print(line(step, now_s), markup=False, highlight=False, soft_wrap=True)

    live = console.is_terminal and not console.is_dumb_terminal
    if not live:
        yield tell
        return
    from rich.live import Live

    with Live(
        get_renderable=lambda: table(board, clock() - began_s), console=console, transient=True,
        refresh_per_second=_PER_SECOND,
    ):  # fmt: skip
        yield tell
