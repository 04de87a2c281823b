"""ROLLOUT: a rolling upgrade under load, as the platform does it: the new instance first, then SIGTERM to the old one.

The balancer learns that the old one leaves only some seconds after SIGTERM, as routes do.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
from dataclasses import replace

from hitless.checking.events import Stage
from hitless.checking.probes.balancer import Balancer
from hitless.checking.probes.instance import Running, running
from hitless.checking.probes.load import Load, sustainable_rate
from hitless.checking.probes.purposes import LOAD_ENDED, SWAP_BEGAN, SWAP_TOLD, TRIED
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.site import Site
from hitless.checking.probes.usual import ready_target, refuse_if_broken
from hitless.errors import UnavailableError

FASTEST = 20.0  # requests a second: two more instances are being asked at the same time
BALANCER = "balancer"
_PROPAGATION = 1 / 3  # of the linger: after so long the balancer knows; 20 s of 60
_BEFORE_S = 3.0
_BOTH_S = 2.0  # that both get requests
_AFTER_S = 2.0
_MARGIN_S = 3.0


async def rollout(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    log = logs[Stage.ROLLOUT]
    if site.quick:
        log.unseen("--quick: no instance was replaced by another")
        return
    if site.single or not site.can_signal:
        log.unseen("a running service cannot be replaced from here: give an image or a package")
        return
    if site.profile.linger_s is None:  # nothing to look at: the rules say so
        log.ended()
        return
    async with running(site, log, "old") as old:
        refuse_if_broken(site)
        target = await ready_target(site, old)
        balancer = Balancer(tls=old.tls)
        balancer.add("old", old.address)
        async with balancer.listening() as address:
            front = replace(target, instance=BALANCER, address=address, tls=False)
            load = Load(front, await sustainable_rate(target, TRIED, fastest=FASTEST))
            try:
                load.start()
                await asyncio.sleep(_BEFORE_S)
                await _replaced(site, log, old, balancer, load)
            finally:
                load.cancel()


async def _replaced(site: Site, log: StageLog, old: Running, balancer: Balancer, load: Load) -> None:
    async with running(site, log, "new") as new:
        if not await new.ready():
            raise UnavailableError("the second instance did not get ready")
        old.note(SWAP_BEGAN)
        balancer.add("new", new.address)
        await asyncio.sleep(_BOTH_S)
        site.progress("one instance replaces the other")
        await _swap(site, old, balancer)
        await asyncio.sleep(_AFTER_S)
        await load.over()
        old.note(LOAD_ENDED)
        log.ended()


async def _swap(site: Site, old: Running, balancer: Balancer) -> None:
    linger_s, deadline_s = float(site.profile.linger_s or 0), float(site.profile.deadline_s or 0)
    sent = time.monotonic()
    await old.signal(signal.SIGTERM)
    await asyncio.sleep(max(0.0, sent + linger_s * _PROPAGATION - time.monotonic()))
    old.note(SWAP_TOLD, f"{time.monotonic() - sent:.1f} s after SIGTERM")
    balancer.remove("old")
    await old.exited(max(0.0, sent + deadline_s + _MARGIN_S - time.monotonic()))
