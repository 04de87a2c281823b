"""Requests that wait together → one call of the model.

Whatever has become ready in the same turn of the event loop goes together, up to the method's `max_size`. No timer is
needed: while the model is busy the next batch gathers by itself. A call that fails or returns the wrong number of
results is repeated one request at a time, so that only the guilty one pays.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hitless.serving.logs import request_id
from hitless.serving.placement import Placement
from hitless.serving.request import Rejected

if TYPE_CHECKING:
    from hitless.serving.exchange import Exchange
    from hitless.serving.service import Service

_TURN_S = 0.005  # calls of a method that is not batched go on for this long, then the loop has its turn


class WrongLengthError(Exception):
    """A batched method returned something else than one result for each request."""


@dataclass(frozen=True)
class Work:
    """What a batcher calls: `call` takes a list of arguments and returns (or, `is_async`, awaits) as many results.

    `max_size` 0: one request a call. `deliver` takes one request and its result; an exception is a result, too.
    """

    call: Callable[[Sequence[Any]], Any]
    deliver: Callable[[Exchange, Any], None]
    called: Callable[[int], None]
    max_size: int = 0
    max_wait_s: float = 0.0
    is_async: bool = False


class Batcher:
    """The queue of one endpoint."""

    def __init__(self, service: Service, work: Work, placement: Placement) -> None:
        self._service = service
        self._loop = service.loop
        self._work = work
        self._max_size = max(work.max_size, 1)
        self.placement = placement
        self._waiting: deque[Exchange] = deque()
        self._turn_due = False
        self._timer: asyncio.TimerHandle | None = None  # holds a batch that is not full
        self._calls = 0  # under way in threads or tasks
        self._most_calls = service.options.threads
        if work.is_async:
            self._most_calls = 1 if work.max_size else service.options.max_queue

    def put(self, exchange: Exchange) -> None:
        """Queue a request; raises Rejected (503) where too many wait."""
        service, waiting = self._service, self._waiting
        if service.queued >= service.options.max_queue:
            raise service.too_busy()
        service.queued += 1
        waiting.append(exchange)
        if not self._turn_due:
            self._turn_due = True
            if self._work.max_wait_s and len(waiting) < self._max_size:
                self._timer = self._loop.call_later(self._work.max_wait_s, self._turn)
            else:
                self._loop.call_soon(self._turn)
        elif self._timer is not None and len(waiting) >= self._max_size:  # full before its time
            self._timer.cancel()
            self._timer = None
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_due, self._timer = False, None
        until = time.perf_counter() + _TURN_S
        while self._waiting and self._may_call():
            batch = self._take()
            if not batch:
                return
            if self._work.is_async:
                self._run_in_task(batch)
            elif not self.placement.in_loop:
                self._run_in_thread(batch)
            else:
                self._run_in_loop(batch)
                if self._work.max_size or time.perf_counter() > until:
                    self._go_on()
                    return

    def _may_call(self) -> bool:
        return self._calls < self._most_calls or (self.placement.in_loop and not self._work.is_async)

    def _go_on(self) -> None:
        if self._waiting and not self._turn_due:
            self._turn_due = True
            self._loop.call_soon(self._turn)

    def _take(self) -> list[Exchange]:
        """The next batch, without those whose clients are gone."""
        waiting = self._waiting
        batch: list[Exchange] = []
        before = len(waiting)
        while waiting and len(batch) < self._max_size:
            exchange = waiting.popleft()
            if not exchange.gone:
                exchange.begun = True
                batch.append(exchange)
        self._service.queued -= before - len(waiting)
        return batch

    # Three places to call

    def _run_in_loop(self, batch: list[Exchange]) -> None:
        seconds, results = self._timed([exchange.arguments for exchange in batch], self._id_of(batch))
        self._hand_out(batch, seconds, results)

    def _run_in_thread(self, batch: list[Exchange]) -> None:
        self._calls += 1
        arguments = [exchange.arguments for exchange in batch]
        done = self._loop.run_in_executor(self._service.executor, self._timed, arguments, self._id_of(batch))
        done.add_done_callback(lambda done: self._done(batch, done))

    def _run_in_task(self, batch: list[Exchange]) -> None:
        self._calls += 1
        arguments = [exchange.arguments for exchange in batch]
        task = self._loop.create_task(self._awaited(arguments, self._id_of(batch)))
        if not self._work.max_size:
            batch[0].cancel = task.cancel
        task.add_done_callback(lambda done: self._done(batch, done))

    def _done(self, batch: list[Exchange], done: asyncio.Future[tuple[float, Sequence[Any]]]) -> None:
        self._calls -= 1
        if done.cancelled():
            self._hand_out(batch, 0.0, [asyncio.CancelledError("the call was given up")] * len(batch))
        else:
            self._hand_out(batch, *done.result())
        self._go_on()

    def _hand_out(self, batch: list[Exchange], seconds: float, results: Sequence[Any]) -> None:
        if not self._work.is_async and self.placement.took(seconds):
            where = "the event loop" if self.placement.in_loop else "a thread"
            self._service.log.debug("a call takes %.1f ms: the model runs in %s from now on", seconds * 1e3, where)
        self._work.called(len(batch))
        deliver = self._work.deliver
        for exchange, result in zip(batch, results, strict=True):
            try:
                deliver(exchange, result)
            except Exception:  # one answer that cannot be sent is not the others' affair
                extra = {"request_id": exchange.request_id.decode()}
                self._service.log.exception("an answer could not be sent", extra=extra)
                exchange.connection.reject(exchange, Rejected(500, "The server failed; its log says why."))

    def _id_of(self, batch: list[Exchange]) -> str:
        """For what the model logs and prints: the request, where a call has only one."""
        return "" if self._work.max_size else batch[0].request_id.decode()

    # Results: as many as arguments; an exception stands for a request that failed

    def _timed(self, arguments: Sequence[Any], identifier: str) -> tuple[float, Sequence[Any]]:
        request_id.set(identifier)
        started = time.perf_counter()
        results = self._results(arguments)
        return time.perf_counter() - started, results

    def _results(self, arguments: Sequence[Any]) -> Sequence[Any]:
        try:
            return _checked(self._work.call(arguments), len(arguments))
        except BaseException as error:  # of native code as well; handed to the requests that it belongs to
            if len(arguments) == 1:
                return [error]
        return [self._results([argument])[0] for argument in arguments]

    async def _awaited(self, arguments: Sequence[Any], identifier: str) -> tuple[float, Sequence[Any]]:
        request_id.set(identifier)
        return 0.0, await self._async_results(arguments)

    async def _async_results(self, arguments: Sequence[Any]) -> Sequence[Any]:
        try:
            called: Awaitable[Any] = self._work.call(arguments)
            return _checked(await called, len(arguments))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if len(arguments) == 1:
                return [error]
        return [(await self._async_results([argument]))[0] for argument in arguments]


def _checked(results: Any, wanted: int) -> list[Any]:
    if isinstance(results, str | bytes | Mapping) or not isinstance(results, Iterable):
        got = f"a {type(results).__name__}"
    elif len(listed := list(results)) == wanted:
        return listed
    else:
        got = f"a {type(results).__name__} of {len(listed)}"
    raise WrongLengthError(
        f"a batched method returns a list with one result for each of its {wanted} requests, not {got}"
    )
