"""One instance of the subject for the length of a block: started, watched from outside, and removed however it ends.

    async with running(site, log, "one", user="1000:100") as instance:
        if await instance.ready(): ...

What it writes, takes and how it ends is recorded as it happens. Engines block, so each instance has threads of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from hitless.checking.events import Begun, Exchange, Noted, Signalled
from hitless.checking.probes import client
from hitless.checking.probes.budget import start_budget
from hitless.checking.probes.client import Answer
from hitless.checking.probes.purposes import CASE, GOLDEN, NOT_CONFINED
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.request import Request
from hitless.checking.probes.site import Site
from hitless.checking.probes.starting import Starting
from hitless.checking.probes.watching import Watching, to_its_end
from hitless.checking.probes.wire import KEPT_BYTES
from hitless.engines.running import Address, Instance, Start
from hitless.errors import UnavailableError

_KEPT, _SHOWN = (CASE, GOLDEN), 2048  # purposes whose answers are kept, and how much of all others, in bytes
_LAST_WORDS_S = 1.0  # of a network that goes with its container
_THREADS = 6  # starting, following, waiting, sampling, a call, its removal


class Running:
    """A started instance. `name`: within its stage. `address`: where it is reached from here. `began`: monotonic."""

    def __init__(
        self, site: Site, log: StageLog, name: str, instance: Instance, address: Address, watching: Watching
    ) -> None:
        self.site = site
        self.log = log
        self.name = name
        self.address = address
        self.began = time.monotonic()
        self.tls = site.contract.protocol == "https"
        self._instance = instance
        self._watching = watching

    @property
    def has_exited(self) -> bool:
        return self._watching.has_ended.is_set()

    @property
    def lines(self) -> int:
        """Of its output so far."""
        return self._watching.lines

    def lines_of_ours(self, text: str) -> int:
        """How often a command of ours has printed this line."""
        return self._watching.lines_of_ours(text)

    async def listening(self) -> tuple[tuple[str, int], ...]:
        """Address and port of its sockets, as far as anybody tells."""
        try:
            return await self._watching.call(self._instance.listening) or ()
        except UnavailableError:
            return ()

    async def signal(self, number: int) -> None:
        self.log.add(Signalled(stage=self.log.stage, at_s=self.log.now(), instance=self.name, number=number))
        await self._watching.call(self._instance.signal, number)

    async def exited(self, within_s: float) -> int | None:
        """Its exit code (128 + n for signal n), None if it has not ended within so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._watching.has_ended.wait()
        return self._watching.exit_code

    async def ready(self, budget_s: float | None = None) -> bool:
        """Whether its api answers within `budget_s`, else within what its health check or the edition allows.

        What came when is noted as `listening`, `healthy`, `answering` and `ready` (see probes.starting).
        """
        patience = start_budget(self.site) if budget_s is None else budget_s
        return await Starting(self, time.monotonic() + patience).over()

    async def ask(
        self, request: Request, purpose: str, patience_s: float = client.PATIENCE_S, *, log: StageLog | None = None,
        **how: Any,
    ) -> Exchange:  # fmt: skip
        """On a connection of its own; recorded. `log`: of another stage than its own. `how`: as client.ask takes it.

        Nobody is waited for who has ended: with a container its network goes, and no word of that comes.
        """
        begun, over = time.monotonic(), asyncio.ensure_future(self._gone())
        asking = asyncio.ensure_future(client.ask(self.address, request, patience_s, **{"tls": self.tls, **how}))
        try:
            await asyncio.wait((asking, over), return_when=asyncio.FIRST_COMPLETED)
            ended = TimeoutError("it had ended")
            answer = asking.result() if asking.done() else client.failed_to_connect(ended, begun)
        finally:
            asking.cancel()
            over.cancel()
        return self.record(answer, request, purpose, log=log)

    async def _gone(self) -> None:
        await self._watching.has_ended.wait()
        await asyncio.sleep(_LAST_WORDS_S)

    def record(self, answer: Answer, request: Request, purpose: str, *, log: StageLog | None = None) -> Exchange:
        limit = KEPT_BYTES if purpose in _KEPT else _SHOWN
        return client.record(log or self.log, answer, request, purpose, self.name, body_limit=limit)

    def note(self, what: str, detail: str = "") -> None:
        self.log.add(Noted(stage=self.log.stage, at_s=self.log.now(), what=what, detail=detail))


@contextlib.asynccontextmanager
async def running(site: Site, log: StageLog, name: str, **changes: Any) -> AsyncIterator[Running]:
    """`changes`: of site.start, as dataclasses.replace takes them. What the engine raises is raised.

    In any stage but the first it waits until the first one has started (see probes.turn).
    """
    start = replace(site.start, **changes)
    await site.turn.others(log.stage)
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"{log.stage.value}-{name}")
    try:
        instance = await _started(site, start, threads)
        watching = Watching(log, name, instance, threads)
        try:
            address = await _address(watching, instance)
            one = Running(site, log, name, instance, address, watching)
            _tell(one, start, instance)
            watching.begin()
            yield one
            await watching.tell_written()
        finally:
            await watching.end()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


async def _started(site: Site, start: Start, threads: ThreadPoolExecutor) -> Instance:
    """Who is cancelled while an engine starts something removes it as soon as it is there."""
    future = threads.submit(site.engine.start, start)
    try:
        await to_its_end(future)
    except asyncio.CancelledError:
        await to_its_end(threads.submit(_remove, future))
        raise
    return future.result()


def _remove(future: Future[Instance]) -> None:
    future.result().remove()


async def _address(watching: Watching, instance: Instance) -> Address:
    """One that has ended already has none; nobody answers there."""
    try:
        return await watching.call(instance.address)
    except UnavailableError:
        if await watching.call(instance.wait, 0.0) is None:
            raise
        return Address("127.0.0.1", 0)


def _tell(one: Running, start: Start, instance: Instance) -> None:
    lacks = instance.lacks if start.confinement is not None else ()
    one.log.add(
        Begun(
            stage=one.log.stage,
            at_s=one.log.now(),
            instance=one.name,
            where=one.site.engine.name,
            address=f"{one.address.host}:{one.address.port}",
            own=one.address.own,
            confined=start.confinement is not None and not lacks,
            command=start.command,
            user=start.user,
            read_only=start.read_only,
        )
    )
    for lack in lacks:
        one.note(NOT_CONFINED, lack)
