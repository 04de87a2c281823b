"""The dynamic stages side by side, each in its own task; one that cannot be looked at says why and stops no other."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from hitless.checking.events import Stage
from hitless.checking.probes.client import TLS_CLOSES_S
from hitless.checking.probes.recorder import Recorder, StageLog
from hitless.checking.probes.site import Site
from hitless.errors import InputError, UnavailableError

Watch = Callable[[Site, Mapping[Stage, StageLog]], Awaitable[None]]


async def watch(site: Site, recorder: Recorder, plan: Iterable[tuple[tuple[Stage, ...], Watch]]) -> None:
    """Returns when all have ended. `plan`: functions with the stages that each records.

    Where there is a single instance for all of them, it is stopped when the others have been looked at.
    """
    entries = list(plan)
    last = [entry for entry in entries if site.single and Stage.STOP in entry[0]]
    for some in (entry for entry in entries if entry not in last), last:
        async with asyncio.TaskGroup() as group:
            for stages, function in some:
                group.create_task(_guarded(site, recorder, stages, function))
    if site.contract.protocol == "https":
        await asyncio.sleep(3 * TLS_CLOSES_S)  # until all connections are closed, and not only told to be


async def _guarded(site: Site, recorder: Recorder, stages: tuple[Stage, ...], function: Watch) -> None:
    logs = {stage: StageLog(recorder, stage) for stage in stages}
    name = stages[0].value
    try:
        await function(replace(site, progress=functools.partial(site.tell, name)), logs)
    except (UnavailableError, InputError) as error:
        for log in logs.values():
            log.unseen(_told(error))
    finally:
        site.tell(name, "")


def _told(error: UnavailableError | InputError) -> str:
    if isinstance(error, InputError):
        return "; ".join(problem.message for problem in error.problems)
    return str(error)
