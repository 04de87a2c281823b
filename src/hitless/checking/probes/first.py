"""START and API: one instance from its start to its last good answer. It is asked as the platform would, then as the
contract allows, then as nobody should; the malformed come last, since what they break cannot be looked at any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from hitless.checking.events import Noted, Stage
from hitless.checking.probes import client
from hitless.checking.probes.asking import Asking
from hitless.checking.probes.budget import start_budget
from hitless.checking.probes.generating import first_case
from hitless.checking.probes.instance import Running, running
from hitless.checking.probes.purposes import ELSEWHERE, FILLED, LISTENS, STAYED, TRACE
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.site import Site
from hitless.checking.starts import allowed_s
from hitless.engines.running import Address

USUAL_PORTS = (80, 3000, 5000, 7000, 8000, 8001, 8080, 8081, 8501, 8888, 9000)
TRACE_S = 2.6  # the line of a request should be there after 2 s (HL512); some room for its way
_NOT_READY = "the service did not get ready"
_LEFT = "the service ended by itself"
_IDLE_S, _QUICK_IDLE_S = 5.0, 1.5
_API_S, _QUICK_API_S = 110.0, 10.0  # for all requests of the stage API
_ENDS_S = 2.0  # until the end of a container is seen
_BURST_S = 0.2  # in which lines that were held back come together
_FILL, _QUICK_FILL = (800, 10.0), (400, 3.0)  # requests, seconds


async def first(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    start, api = logs[Stage.START], logs[Stage.API]
    site.turn.claim(Stage.START)
    try:
        async with running(site, start, "first") as one:
            site.progress("starting")
            is_ready = await one.ready()
            site.turn.end(time.monotonic() - one.began if is_ready else None)
            if not is_ready:
                await _looked_elsewhere(one)
                start.ended(incomplete=_cut_off(one))
                api.unseen(_NOT_READY)
                return
            site.progress("asking")
            await _stayed(one)
            await _traced(one)
            start.ended()
            if one.has_exited:
                api.unseen(_LEFT)
                return
            await _asked(one, api)
    finally:
        site.turn.end()


def _cut_off(one: Running) -> str:
    """Why it may still have got ready; empty where the platform would have given it up, too."""
    waited, allowed = start_budget(one.site), allowed_s(one.site.contract, one.site.profile.deploy_timeout_s)
    if one.has_exited or waited >= allowed:
        return ""
    return f"it was given {waited:.0f} s to start here, and may take {allowed:.0f} s on the platform"


async def _looked_elsewhere(one: Running) -> None:
    """Where else it listens: told by the engine, else tried, which can only be done at its own address."""
    if one.has_exited:
        return
    sockets = await one.listening()
    for address, number in sockets:
        one.note(LISTENS, f"{address}:{number}")
    if sockets or not one.address.own:
        return
    for port in USUAL_PORTS:
        if port == one.address.port:
            continue
        try:
            wire = await client.connect(Address(one.address.host, port, own=True), within_s=1.0)
        except OSError:
            continue
        wire.close()
        one.note(ELSEWHERE, str(port))


async def _stayed(one: Running) -> None:
    idle_s = _QUICK_IDLE_S if one.site.quick else _IDLE_S
    if await one.exited(idle_s) is None:
        one.note(STAYED, f"{idle_s:g}")


async def _traced(one: Running) -> None:
    """One request, and whether a line of the output follows; if none does, so many that a buffer would overflow."""
    request = first_case(one.site.contract, one.site.seed, one.site.goldens)
    if request is None or one.has_exited:
        return
    before = one.lines
    await one.ask(request, TRACE)
    if await _more_lines(one, before, TRACE_S):
        return
    most, within_s = _QUICK_FILL if one.site.quick else _FILL
    until, count = time.monotonic() + within_s, 0
    while one.lines == before and count < most and time.monotonic() < until and not one.has_exited:
        answer = await client.ask(one.address, request, within_s, tls=one.tls)
        if answer.failure is not None:
            break
        count += 1
    if await _more_lines(one, before, 0.5):
        await asyncio.sleep(_BURST_S)
    one.note(FILLED, str(count))


async def _more_lines(one: Running, before: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while one.lines == before and time.monotonic() < until:
        await asyncio.sleep(0.02)
    return one.lines > before


async def _asked(one: Running, log: StageLog) -> None:
    quick = one.site.quick
    longest = _QUICK_API_S if quick else _API_S
    asking = Asking(one, log)
    try:
        async with asyncio.timeout(longest):
            await asking.all()
    except TimeoutError:
        asking.broke_off = f"the requests took longer than {longest:g} s"
    if asking.broke_off:
        await one.exited(_ENDS_S)  # one that died of it is seen to have ended
    log.add(Noted(stage=log.stage, at_s=log.now(), what="asked"))
    log.ended(incomplete=asking.broke_off)
