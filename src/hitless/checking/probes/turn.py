"""Who may start when: the first instance starts alone, so that its neighbours' load does not slow its start."""

from __future__ import annotations

import asyncio

from hitless.checking.events import Stage

LONGEST_S = 45.0  # then the others start all the same: they have things to do that take minutes


class FirstTurn:
    """Claimed by the stage that measures a start before anybody can wait for it; if nobody claims it, nobody waits.

    `took_s`: from its start until it was ready; None: that is not over, or it did not get ready.
    """

    def __init__(self) -> None:
        self._first: Stage | None = None
        self._over = asyncio.Event()
        self.took_s: float | None = None

    @property
    def failed(self) -> bool:
        """The first instance was looked at and did not get ready."""
        return self._over.is_set() and self.took_s is None

    def claim(self, stage: Stage) -> None:
        self._first = stage

    def end(self, took_s: float | None = None) -> None:
        if not self._over.is_set():
            self.took_s = took_s
            self._over.set()

    async def others(self, stage: Stage, longest_s: float | None = LONGEST_S) -> None:
        """Returns when this stage may start."""
        if self._first in (None, stage):
            return
        try:
            async with asyncio.timeout(longest_s):
                await self._over.wait()
        except TimeoutError:
            return
