"""KEEP_ALIVE: connections of one instance that are left idle, each for a time of its own, and then used once more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hitless.checking.events import Stage
from hitless.checking.probes.client import connect, failed_to_connect, record_closed
from hitless.checking.probes.instance import running
from hitless.checking.probes.load import Target
from hitless.checking.probes.purposes import IDLE, OPENED, POOL_IDLE, POOL_OPENED
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.site import Site
from hitless.checking.probes.usual import lightest, ready_target, refuse_if_broken
from hitless.checking.probes.wire import Wire

POOL = 50
_AT_ONCE = 5  # first requests
QUICK_S = 7.0
_LAST_S = 1.5  # connections that end may be those of a subject that does: its exit is seen a little later
_SHARES = (0.025, 0.15, 0.3, 0.6, 0.99, 1.005, 1.05)  # of the edition's 200 s: 5, 30, 60, 120, 198, 201, 210 s
_POOL_SHARE = 1.03  # beyond what a busy machine is late by, also where the time is one of seconds


@dataclass(frozen=True)
class _Left:
    """A connection whose first request was answered, and when it is to be used again (idle for so long)."""

    wire: Wire
    idle_s: float
    purpose: str


async def keep_alive(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    log = logs[Stage.KEEP_ALIVE]
    wanted = site.profile.keep_alive_s
    if wanted is None:  # nothing to look at: the rules say so
        log.ended()
        return
    async with running(site, log, "idle") as one:
        refuse_if_broken(site)
        target = await lightest(site, one, await ready_target(site, one))
        left = [*await _opened(target, idle_times(wanted, quick=site.quick), OPENED, IDLE)]
        left += await _opened(target, [_POOL_SHARE * wanted] * POOL, POOL_OPENED, POOL_IDLE)
        one.note("connections are idle", f"{len(left)}")
        site.progress(f"{len(left)} connections are idle")
        longest_s = QUICK_S + 1 if site.quick else None
        try:
            async with asyncio.timeout(longest_s):
                await asyncio.gather(*(_used(target, connection) for connection in left))
        except TimeoutError:
            for connection in left:
                record_closed(log, connection.wire, one.name)
        finally:
            for connection in left:
                connection.wire.close()
        await one.exited(_LAST_S)
        log.ended(incomplete=_cut_off(wanted) if site.quick and wanted > QUICK_S else "")


def idle_times(wanted: float, *, quick: bool) -> list[float]:
    """Seconds, one connection each. Worked, for 200: 5, 30, 60, 120, 198, 201, 210; quick: those up to 7, and 7."""
    times = [share * wanted for share in _SHARES]
    return [one for one in times if one < QUICK_S] + ([QUICK_S] if times[-1] > QUICK_S else []) if quick else times


def _cut_off(wanted: float) -> str:
    return f"--quick: connections were left idle for {QUICK_S:g} s of {wanted:g} s only"


async def _opened(target: Target, times: Iterable[float], opened: str, used: str) -> list[_Left]:
    """A few at a time; those that could not be made, or did not get an answer, are recorded and left out."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(idle_s: float) -> _Left | None:
        async with turn:
            try:
                wire = await connect(target.address, tls=target.tls)
            except OSError as error:
                target.record(failed_to_connect(error), opened)
                return None
            exchange, _ = await target.on(wire, opened)
            return _Left(wire, idle_s, used) if exchange.status else None

    return [left for left in await asyncio.gather(*(one(idle_s) for idle_s in times)) if left is not None]


async def _used(target: Target, left: _Left) -> None:
    """Once it has been idle for long enough; it is not used if the other side has ended it by then."""
    wire = left.wire
    until = wire.idle_since + left.idle_s
    while not wire.is_lost and (wait := until - time.monotonic()) > 0:
        await asyncio.wait([wire.gone], timeout=wait)
    if wire.is_lost:
        _tell_closed(target, wire)
        return
    await target.on(wire, left.purpose)
    wire.close()


def _tell_closed(target: Target, wire: Wire) -> None:
    record_closed(target.log, wire, target.instance)
    wire.close()
