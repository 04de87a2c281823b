"""The parts of a streamed answer, one after the other, from whatever iterator a method returned.

A plain generator runs in the model's threads, one step at a time: a step that is under way is waited for before the
generator is closed, so that its `finally` runs, in a thread, and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor
from typing import Any

END = object()


class Parts:
    """`next` gives the parts and then END; `close` ends a generator that was not read to its end."""

    def __init__(
        self, source: Iterator[Any] | AsyncIterator[Any], loop: asyncio.AbstractEventLoop, executor: Executor
    ) -> None:
        self._source = source
        self._loop = loop
        self._executor = executor
        self._step: asyncio.Future[Any] | None = None

    async def next(self) -> Any:
        if isinstance(self._source, AsyncIterator):
            return await anext(self._source, END)
        self._step = self._loop.run_in_executor(self._executor, next, self._source, END)
        return await asyncio.shield(self._step)

    async def close(self) -> None:
        """Whatever the generator raises while it is closed comes through."""
        if isinstance(self._source, AsyncIterator):
            if hasattr(self._source, "aclose"):
                await self._source.aclose()
            return
        if self._step is not None and not self._step.done():
            await asyncio.wait([self._step])
            self._step.exception()  # it has been asked for: nobody is told of it any more
        if hasattr(self._source, "close"):
            await self._loop.run_in_executor(self._executor, self._source.close)
