"""STOP: one instance under a constant load is sent SIGTERM, and watched until it has left or the deadline is over.

SIGTERM − 3 s        the load begins; connections that are left idle, requests that are sent slowly
SIGTERM              at T0
T0 + 55 s            the idle connections are used again
T0 + 58, 59, 59.5 s  a request whose body ends after the linger
T0 + 59.7 s          the load ends: whatever was sent is waited for
T0 + 90 s + margin   what is still there is removed
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping

from hitless.checking.events import Stage
from hitless.checking.probes.client import ask, connect
from hitless.checking.probes.instance import Running, running
from hitless.checking.probes.load import Load, Target, sustainable_rate
from hitless.checking.probes.purposes import LATE, LOAD_ENDED, PULSE, REST, SIGTERM_SENT, SLOW, TRIED
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.site import Site
from hitless.checking.probes.usual import lightest, ready_target, refuse_if_broken
from hitless.checking.probes.wire import Wire
from hitless.errors import UnavailableError

BEFORE_S = 3.0  # of load before SIGTERM
QUICK_S = 8.0
MARGIN_S = 5.0  # beyond the deadline: who leaves then is late, and not for ever there
_SLOW, _SLOW_S = 3, 5.0  # requests whose body takes so long, begun in time to end half of it after SIGTERM
_RESTING = 5  # connections
_LATE_S = (1.0, 0.5)  # before the end of the linger: several, because a busy machine is late now and then
_EARLIER_S, _EARLIEST = 2.0, 0.4  # one more, where its body lasts until after the linger; at most so much of it before
_LATE_OVER_S = 3.0  # so long takes the body of each
_LEAST = 0.8  # of it, however short the linger is
_REST_S, _REST_LEAST_S = 5.0, 1.0  # before the end of the linger: idle connections are used again
_ENDS_S = 0.3  # before the end of the linger: the load
_AFTER_EXIT_S = 1.0
_PULSE_S = 1.0


async def stop(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    log = logs[Stage.STOP]
    linger_s, deadline_s = site.profile.linger_s, site.profile.deadline_s
    if linger_s is None or deadline_s is None:  # nothing to look at: the rules say so
        log.ended()
        return
    if not site.can_signal:
        log.unseen("no signal can be sent to a service that was not started here: give --pid or --container")
        return
    async with running(site, log, "leaving") as one:
        refuse_if_broken(site)
        target = await ready_target(site, one)
        await _Stop(one, target, await lightest(site, one, target), float(linger_s), float(deadline_s)).over()


class _Stop:
    """One stop. Times are of the monotonic clock; `_sent`: of SIGTERM."""

    def __init__(self, one: Running, target: Target, light: Target, linger_s: float, deadline_s: float) -> None:
        self._one = one
        self._target = target
        self._light = light
        self._linger_s = linger_s
        self._deadline_s = deadline_s
        self._scale = min(1.0, linger_s / 60)  # the times around the linger are those of 60 s, or in proportion
        self._sent = 0.0
        self._resting: list[Wire] = []

    async def over(self) -> None:
        one, quick = self._one, self._one.site.quick
        load = Load(self._target, await self._rate())
        tasks: list[asyncio.Task[None]] = []
        try:
            tasks += [asyncio.create_task(self._pulse())]
            load.start()
            await self._rest()
            await self._wait(BEFORE_S / 3 if quick else max(1.0, BEFORE_S * self._scale))
            tasks += [asyncio.create_task(self._slow()) for _ in range(_SLOW if self._target.request.body else 0)]
            await self._wait(self._slow_s / 2)
            if one.has_exited:
                raise UnavailableError("it ended under load, before SIGTERM was sent")
            one.site.progress("SIGTERM was sent")
            self._sent = time.monotonic()
            await one.signal(signal.SIGTERM)
            one.note(SIGTERM_SENT)
            tasks += [asyncio.create_task(self._at(*late)) for late in self._later()]
            await self._until(min(QUICK_S, self._linger_s) if quick else self._linger_s - _ENDS_S * self._scale)
            if await one.exited(0) is not None:
                await asyncio.sleep(_AFTER_EXIT_S)
            await load.over()
            one.note(LOAD_ENDED)
            await self._until(QUICK_S if quick else self._deadline_s + MARGIN_S)
            tasks.pop(0).cancel()
            if not quick:
                await asyncio.gather(*tasks)
            cut = quick and not one.has_exited and self._deadline_s + MARGIN_S > QUICK_S
            one.log.ended(incomplete=f"--quick: watched for {QUICK_S:g} s after SIGTERM only" if cut else "")
        finally:
            load.cancel()
            for task in tasks:
                task.cancel()
            for wire in self._resting:
                wire.close()

    async def _rate(self) -> float:
        rate = await sustainable_rate(self._target, TRIED)
        request = self._target.request
        self._one.note("load", f"{rate:.1f} requests a second: {request.method} {request.path}")
        return rate

    @property
    def _slow_s(self) -> float:
        return 2.0 if self._one.site.quick else max(1.0, _SLOW_S * self._scale)

    async def _wait(self, seconds: float) -> None:
        await self._one.exited(seconds)

    async def _until(self, after_s: float) -> None:
        """So long after SIGTERM, or until it has left."""
        await self._one.exited(max(0.0, self._sent + after_s - time.monotonic()))

    def _later(self) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        rest = (self._linger_s - max(_REST_LEAST_S, _REST_S * self._scale), self._rested)
        earlier = min(_EARLIER_S, _EARLIEST * self._linger_s)
        before = (earlier, *_LATE_S) if self._target.request.body else _LATE_S
        late = [(self._linger_s - before_s, self._late) for before_s in before]
        return [rest, *late] if not self._one.site.quick else []

    async def _at(self, after_s: float, what: Callable[[], Awaitable[None]]) -> None:
        await self._until(after_s)
        if not self._one.has_exited:
            await what()

    async def _slow(self) -> None:
        await self._target.fresh(SLOW, over_s=self._slow_s)

    async def _late(self) -> None:
        over_s = (_LATE_OVER_S * max(_LEAST, self._scale)) if self._target.request.body else 0.0
        await self._target.fresh(LATE, over_s=over_s)

    async def _rest(self) -> None:
        """Connections with one answer each, which are then left idle."""
        for _ in range(_RESTING):
            try:
                wire = await connect(self._target.address, tls=self._target.tls)
            except OSError:
                continue  # the load tells it better
            answer = await ask(wire, self._target.request)
            if answer.keeps:
                self._resting.append(wire)
            else:
                wire.close()

    async def _rested(self) -> None:
        """Those that were not ended meanwhile are used again."""
        for wire in self._resting:
            if not wire.is_lost:
                await self._target.on(wire, REST)

    async def _pulse(self) -> None:
        while not self._one.has_exited:
            await self._light.fresh(PULSE, close=True)
            await asyncio.sleep(_PULSE_S * max(0.2, self._scale))
