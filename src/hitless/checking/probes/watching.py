"""What is recorded of an instance without asking it: its output, its memory, its end, and what it wrote."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from hitless.checking.events import Exited, Logged, Measured, Wrote
from hitless.checking.probes.recorder import StageLog
from hitless.engines.running import Instance
from hitless.errors import UnavailableError

T = TypeVar("T")
SAMPLED_EVERY_S = 2.0  # its memory
MOST_LINES = 50_000  # of its output that are kept
OURS = "hitless-check: "  # what our own commands begin their lines with
MOST_CHARACTERS = 16 << 20  # of all of them
_LINE = 2_000  # characters of a line that are kept
_WAITED_S = 5.0  # for its end, in one call
_AGAIN_S = 0.2  # after an engine that did not answer
_KILLED = 137
_AWAY = (UnavailableError, OSError, ValueError)  # what an engine raises about an instance that goes away meanwhile


class Watching:
    """From its start until `end`. `exit_code`: 128 + n for signal n; None while it runs. `lines`: of its output."""

    def __init__(self, log: StageLog, name: str, instance: Instance, threads: ThreadPoolExecutor) -> None:
        self.exit_code: int | None = None
        self.lines = 0
        self._left = MOST_CHARACTERS
        self._ours: Counter[str] = Counter()
        self.has_ended = asyncio.Event()
        self._log = log
        self._name = name
        self._instance = instance
        self._threads = threads
        self._loop = asyncio.get_running_loop()
        self._leaving = False
        self._sampling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._threads.submit(self._follow)
        self._threads.submit(self._wait)
        self._sampling = asyncio.create_task(self._sample())

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """A blocking call of the engine, in a thread."""
        return await self._loop.run_in_executor(self._threads, function, *arguments)

    def lines_of_ours(self, text: str) -> int:
        """How many of its lines are this one, which begins as what a command of ours prints."""
        return self._ours[text]

    async def tell_written(self) -> None:
        """Once its tests are over."""
        with contextlib.suppress(*_AWAY):
            paths = await self.call(self._instance.written)
            if paths is not None:
                self._log.add(Wrote(**self._now(), paths=tuple(paths)))

    async def end(self) -> None:
        """It is removed."""
        self._leaving = True
        if self._sampling is not None:
            self._sampling.cancel()
        await to_its_end(self._threads.submit(self._instance.remove))
        self._ended(self._log.now(), _KILLED, removed=True)

    def _now(self) -> dict[str, Any]:
        return {"stage": self._log.stage, "at_s": self._log.now(), "instance": self._name}

    def _follow(self) -> None:
        with contextlib.suppress(*_AWAY):
            self._instance.follow(self._saw)

    def _saw(self, stream: str, line: str) -> None:
        self.lines += 1
        if line.startswith(OURS):
            self._ours[line.strip()] += 1
        if self.lines <= MOST_LINES and self._left > 0:
            self._left -= len(line[:_LINE])
            self._log.add(Logged(**self._now(), line=line[:_LINE], stream=stream))

    def _wait(self) -> None:
        while not self._leaving:
            try:
                code = self._instance.wait(_WAITED_S)
            except _AWAY:
                time.sleep(_AGAIN_S)
                continue
            if code is not None:
                at_s, removed = self._log.now(), self._leaving
                with contextlib.suppress(RuntimeError):  # the loop is gone
                    self._loop.call_soon_threadsafe(self._ended, at_s, code, removed)
                return

    def _ended(self, at_s: float, code: int, removed: bool) -> None:
        if self.has_ended.is_set():
            return
        self.exit_code = code
        self.has_ended.set()
        stage = self._log.stage
        self._log.add(Exited(stage=stage, at_s=at_s, instance=self._name, code=code, removed=removed))

    async def _sample(self) -> None:
        while not self.has_ended.is_set():
            with contextlib.suppress(*_AWAY):
                size = await self.call(self._instance.memory_bytes)
                if size is not None:
                    self._log.add(Measured(**self._now(), name="memory_bytes", value=float(size)))
            await asyncio.sleep(SAMPLED_EVERY_S)


async def to_its_end(future: Future[Any]) -> None:
    """Waits for what cannot be cut off, however often that wait is cancelled; raises what it raised."""
    cancelled = False
    while not future.done():
        try:
            await asyncio.wait([asyncio.wrap_future(_shielded(future))])
        except asyncio.CancelledError:
            cancelled = True
    future.result()
    if cancelled:
        raise asyncio.CancelledError


def _shielded(future: Future[Any]) -> Future[None]:
    """Done when the other is; cancelling it leaves the other alone."""
    shield: Future[None] = Future()

    def done(_: Future[Any]) -> None:
        if shield.set_running_or_notify_cancel():
            shield.set_result(None)

    future.add_done_callback(done)
    return shield
