"""The dynamic stages side by side, each in its own task; one that cannot be looked at says why and stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from hitless.checking.events import Stage
from hitless.checking.probes.recorder import Recorder, StageLog
from hitless.checking.probes.site import Site
from hitless.errors import InputError, UnavailableError

Watch = Callable[[Site, Mapping[Stage, StageLog]], Awaitable[None]]


async def watch(site: Site, recorder: Recorder, plan: Iterable[tuple[tuple[Stage, ...], Watch]]) -> None:
    """Returns when all have ended. `plan`: functions with the stages that each records."""
    async with asyncio.TaskGroup() as group:
        for stages, function in plan:
            group.create_task(_guarded(site, recorder, stages, function))


async def _guarded(site: Site, recorder: Recorder, stages: tuple[Stage, ...], function: Watch) -> None:
    logs = {stage: StageLog(recorder, stage) for stage in stages}
    try:
        await function(site, logs)
    except (UnavailableError, InputError) as error:
        for log in logs.values():
            log.unseen(str(error))
