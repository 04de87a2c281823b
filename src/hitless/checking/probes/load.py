"""A constant rate of requests in an open loop, every other one on a pooled connection and the rest each on a new one.

A request is sent when it is due, whether or not those before it were answered, and never a second time. A pooled
connection that the other side ended while it was idle is replaced by a new one, as clients do; a request that is lost
on one is lost.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass

from hitless.checking.events import Exchange
from hitless.checking.probes.client import PATIENCE_S, Answer, ask, connect, failed_to_connect, record, record_closed
from hitless.checking.probes.purposes import FRESH, POOL_SIZE, POOLED
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.request import Request
from hitless.checking.probes.wire import Wire
from hitless.engines.running import Address

FASTEST, SLOWEST = 30.0, 0.5  # requests a second
_SHARE = 0.25  # of what one request after the other reaches
_SLACK_S = 0.02  # a loop that is late by less sends what is due together


@dataclass(frozen=True)
class Target:
    """What is asked of whom. `instance`: its name in the record; `host` of the Host header."""

    log: StageLog
    instance: str
    address: Address
    request: Request
    tls: bool = False
    patience_s: float = PATIENCE_S

    def record(self, answer: Answer, purpose: str, due: float | None = None) -> Exchange:
        """Bodies are kept of what was no success only."""
        limit = 0 if answer.is_good else 300
        return record(self.log, answer, self.request, purpose, self.instance, due=due, body_limit=limit)

    async def fresh(
        self, purpose: str, due: float | None = None, *, close: bool = False, over_s: float = 0
    ) -> Exchange:
        """On a connection of its own."""
        answer = await ask(self.address, self.request, self.patience_s, tls=self.tls, close=close, over_s=over_s)
        return self.record(answer, purpose, due)

    async def on(self, wire: Wire, purpose: str, due: float | None = None) -> tuple[Exchange, bool]:
        """On a connection that is there. Whether it can be used again."""
        answer = await ask(wire, self.request, self.patience_s)
        return self.record(answer, purpose, due), answer.keeps


async def sustainable_rate(target: Target, purpose: str, tries: int = 5, fastest: float = FASTEST) -> float:
    """Requests a second that leave it mostly idle: a quarter of what one after the other reaches, within bounds.

    Worked: 8 ms each → 31 a second, so 30; 100 ms → 2.5; 2 s → 0.5, the slowest.
    """
    took = []
    for _ in range(tries):
        exchange = await target.fresh(purpose)
        took.append(max(0.001, exchange.until_s - exchange.at_s))
        if sum(took) > 5.0:
            break
    return min(fastest, max(SLOWEST, _SHARE / statistics.median(took)))


class Load:
    """`stop` ends the sending; `over` returns when all that was sent is answered or lost."""

    def __init__(self, target: Target, per_s: float) -> None:
        self._target = target
        self._period_s = 1 / per_s
        self._idle: deque[Wire] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sender: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sender = asyncio.create_task(self._send())

    async def over(self) -> None:
        """Sends no more, and waits for what is under way."""
        self._stop()
        if self._tasks:
            await asyncio.wait(self._tasks)
        while self._idle:
            self._idle.pop().close()

    def cancel(self) -> None:
        """At once, whatever is under way."""
        self._stop()
        for task in self._tasks:
            task.cancel()
        while self._idle:
            self._idle.pop().close()

    def _stop(self) -> None:
        if self._sender is not None:
            self._sender.cancel()

    async def _send(self) -> None:
        due, number = time.monotonic(), 0
        while True:
            wait = due - time.monotonic()
            if wait > _SLACK_S / 10:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._pooled(due) if number % 2 else self._fresh(due, close=number % 4 == 0))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            number, due = number + 1, due + self._period_s

    async def _fresh(self, due: float, *, close: bool) -> None:
        await self._target.fresh(FRESH, due, close=close)

    async def _pooled(self, due: float) -> None:
        target = self._target
        wire = self._taken()
        if wire is None:
            begun = time.monotonic()
            try:
                wire = await connect(target.address, tls=target.tls)
            except OSError as error:
                target.record(failed_to_connect(error, begun), POOLED, due)
                return
        try:
            _, keeps = await target.on(wire, POOLED, due)
        except asyncio.CancelledError:
            wire.abort()
            raise
        if keeps:
            self._idle.append(wire)
        else:
            wire.close()

    def _taken(self) -> Wire | None:
        """The connection that has been idle for longest; None before there are enough, and when all are busy."""
        while len(self._idle) >= POOL_SIZE or (self._idle and self._is_slow):
            wire = self._idle.popleft()
            if not wire.is_lost:
                return wire
            record_closed(self._target.log, wire, self._target.instance)
        return None

    @property
    def _is_slow(self) -> bool:
        return self._period_s > 0.2
