"""Decides when a worker that died comes back, and when it counts as one that cannot come up. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_S = 0.1  # the first return is at once, the next waits this long, then twice as long …
_LONGEST_S = 15.0
_WELL_S = 30.0  # a worker that has served for so long has recovered
_LOOP_AFTER = 3


@dataclass
class Restarts:
    """The record of one worker's place."""

    deaths: int = 0

    def died(self) -> float:
        """A worker died; seconds until it is started again."""
        self.deaths += 1
        return 0.0 if self.deaths == 1 else min(_FIRST_S * 2 ** min(self.deaths - 2, 20), _LONGEST_S)

    def served(self, seconds: float) -> None:
        """The worker has been serving for so long."""
        if seconds > _WELL_S:
            self.deaths = 0

    @property
    def crash_loop(self) -> bool:
        """It died again and again: the health check fails."""
        return self.deaths >= _LOOP_AFTER
