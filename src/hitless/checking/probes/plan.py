"""Every dynamic stage and the function that looks at it. The order matters in one thing: the first claims its turn."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.probes.first import first
from hitless.checking.probes.keep_alive import keep_alive
from hitless.checking.probes.rollout import rollout
from hitless.checking.probes.stages import Watch
from hitless.checking.probes.stop import stop
from hitless.checking.probes.variants import as_batch, as_user, read_only

PLAN: tuple[tuple[tuple[Stage, ...], Watch], ...] = (
    ((Stage.START, Stage.API), first),
    ((Stage.USER,), as_user),
    ((Stage.READ_ONLY,), read_only),
    ((Stage.BATCH,), as_batch),
    ((Stage.KEEP_ALIVE,), keep_alive),
    ((Stage.STOP,), stop),
    ((Stage.ROLLOUT,), rollout),
)
