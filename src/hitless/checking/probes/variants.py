"""The same subject started otherwise: as 1000:100, with a root that cannot be written, as a batch service starts it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hitless.checking.events import Stage
from hitless.checking.probes.generating import first_case
from hitless.checking.probes.instance import Running, running
from hitless.checking.probes.purposes import BATCH_AGAIN, BATCH_FIRST, STARTED_AGAIN, TOLD_SOCKETS
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.site import Site
from hitless.checking.rule import Purpose

USER = "1000:100"
WRITABLE = ("/tmp", "/run", "/var/tmp")  # noqa: S108
BOOT_COMMAND = ("sh", "/home/run.sh")
_SINGLE = "there is only the one running service, and no other can be started"
_NOT_READY = "the service did not get ready as it is, so there is nothing to compare with"
_SLACK, _LEAST_S, _MOST_S, _QUICK_S = 4.0, 15.0, 90.0, 12.0  # how much longer a start may take beside others
_LEAVES_S = 100.0  # after SIGTERM: its linger and drain, and a little
_ENDED = "hitless-check: the boot file has ended"
# A foreign PID 1, as a batch service has: the boot file is its child, twice in turn. At SIGTERM it tells which sockets
# there are and ends the child. What is left of a run goes before the next one begins: at PID 1 of a container, and only
# there, -1 is whatever else is in it.
_FOREIGN = f"""
tell() {{
  for table in /proc/net/tcp /proc/net/tcp6; do
    while read -r line; do case $line in *" 0A "*) echo "{TOLD_SOCKETS} $line";; esac; done < "$table"
  done
  kill -s TERM "$child"
}} 2>/dev/null
trap tell TERM
for turn in 1 2; do
  sh /home/run.sh & child=$!
  while kill -0 "$child" 2>/dev/null; do wait "$child"; done
  echo "{_ENDED}"
  [ "$$" = 1 ] && kill -s KILL -- -1 2>/dev/null
done
"""


async def as_user(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    log = logs[Stage.USER]
    if await _compared(site, log):
        await _one(site, log, "as 1000:100", user=USER)
        log.ended()


async def read_only(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    """Strictly first; if that does not do, with the folders that a platform gives every container."""
    log = logs[Stage.READ_ONLY]
    if not await _compared(site, log):
        return
    if not await _one(site, log, "read-only", read_only=True):
        await _one(site, log, "read-only but for /tmp and /run", read_only=True, writable=WRITABLE)
    log.ended()


async def as_batch(site: Site, logs: Mapping[Stage, StageLog]) -> None:
    log = logs[Stage.BATCH]
    if site.purpose is not Purpose.BATCH:
        log.unseen("it is not asked for as a batch service (--for batch)")
        return
    if site.engine.name == "process":
        log.unseen("a plain process has no PID 1 of its own: a container engine is needed")
        return
    if not await _compared(site, log):
        return
    async with running(site, log, "batch", command=("sh", "-c", _FOREIGN)) as one:
        if not await one.ready(_patience_s(site)):
            log.ended()
            return
        await _asked(one, BATCH_FIRST)
        if site.quick:
            log.ended(incomplete="it was started once only: --quick")
            return
        log.ended(incomplete=await _again(one))


async def _again(one: Running) -> str:
    """The second start; why it could not be looked at, if so."""
    before = one.lines_of_ours(_ENDED)
    await one.signal(15)
    until = time.monotonic() + _LEAVES_S
    while one.lines_of_ours(_ENDED) == before and not one.has_exited:
        if time.monotonic() > until:
            return f"the boot file did not end within {_LEAVES_S:g} s of SIGTERM, so it was not started again"
        await one.exited(0.1)
    one.note(STARTED_AGAIN)
    if await one.ready(_patience_s(one.site)):
        await _asked(one, BATCH_AGAIN)
    return ""


async def _asked(one: Running, purpose: str) -> None:
    request = first_case(one.site.contract, one.site.seed, one.site.goldens)
    if request is not None:
        await one.ask(request, purpose)


async def _compared(site: Site, log: StageLog) -> bool:
    """Whether the subject as it is gets ready: told by the first stage, where that is looked at."""
    if site.single:
        log.unseen(_SINGLE)
        return False
    await site.turn.others(log.stage, None)
    if site.turn.failed:
        log.unseen(_NOT_READY)
        return False
    return True


def _patience_s(site: Site) -> float:
    if site.quick:
        return _QUICK_S
    return min(_MOST_S, max(_LEAST_S, _SLACK * (site.turn.took_s or _MOST_S)))


async def _one(site: Site, log: StageLog, name: str, **changes: Any) -> bool:
    async with running(site, log, name, **changes) as one:
        is_ready = await one.ready(_patience_s(site))
        if is_ready:
            await one.exited(1.0)
        return is_ready and not one.has_exited
