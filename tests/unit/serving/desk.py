"""A batcher of a test, its requests and what became of them.

A real event loop and a real service; what the model would do is a function of the test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.unit.serving.stand_ins import exchange, with_service

from hitless.serving.batching import Batcher, Work
from hitless.serving.exchange import Exchange
from hitless.serving.options import Options
from hitless.serving.placement import Placement
from hitless.serving.service import Service

LOOP, THREAD = "loop", "thread"


class Desk:
    """A batcher, its requests and what became of them."""

    def __init__(self, service: Service, call: Callable[[Sequence[Any]], Any], place: str = LOOP, **work: Any) -> None:
        self.service = service
        self.delivered: list[tuple[Any, Any]] = []
        self.sizes: list[int] = []
        self.expected = 0
        self.done = asyncio.Event()
        self.batcher = Batcher(
            service,
            Work(call, work.pop("deliver", self._deliver), self.sizes.append, **work),
            Placement(place),
        )

    def put(self, *arguments: Any) -> list[Exchange]:
        made = []
        for argument in arguments:
            one = exchange(service=self.service)
            one.arguments = argument
            self.batcher.put(one)
            made.append(one)
            self.expected += 1
        return made

    def _deliver(self, one: Exchange, result: Any) -> None:
        self.delivered.append((one.arguments, result))
        if len(self.delivered) >= self.expected:
            self.done.set()

    async def all(self) -> list[tuple[Any, Any]]:
        """Every answer, once the last has come."""
        await asyncio.wait_for(self.done.wait(), 10)
        assert len(self.delivered) == self.expected
        return self.delivered

    @property
    def results(self) -> list[Any]:
        return [result for _, result in self.delivered]


def with_desk(
    call: Callable[[Sequence[Any]], Any],
    do: Callable[[Desk], Awaitable[None]],
    place: str = LOOP,
    *,
    options: Options | None = None,
    **work: Any,
) -> None:
    async def run(service: Service) -> None:
        await do(Desk(service, call, place, **work))
        assert service.queued == 0

    with_service(run, options=options)


def doubled(batch: Sequence[int]) -> list[int]:
    return [2 * number for number in batch]


async def doubled_later(batch: Sequence[int]) -> list[int]:
    await asyncio.sleep(0)
    return doubled(batch)


async def turns(count: int) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)
