"""Decides whether a model's calls run in the event loop or in a thread. Pure: seconds in, a place out.

The loop costs nothing but stands still while the model computes; a thread costs a switch each way. So: quick models in
the loop, slow ones in a thread. A model starts in a thread, where a slow first call does no harm.
"""

from __future__ import annotations

_QUICK_S = 0.010  # calls below may run in the loop
_SLOW_S = 0.050  # a turn of the loop above this is felt by others
_VERY_SLOW_S = 0.5
_SLOW_CALLS = 3  # in a row: a machine that stalls once is not the model's fault


class Placement:
    """`in_loop` says where the next call goes; `took` reports how long one took."""

    __slots__ = ("_fixed", "_quick", "_quick_needed", "_slow", "in_loop")

    def __init__(self, choice: str = "auto") -> None:
        self._fixed = choice != "auto"
        self.in_loop = choice == "loop"
        self._quick = 0
        self._quick_needed = 2
        self._slow = 0

    def took(self, seconds: float) -> bool:
        """Take note of one call; True if the place has changed. Each return to a thread lasts eight times as long."""
        if self._fixed:
            return False
        before = self.in_loop
        if before:
            self._slow = self._slow + 1 if seconds > _SLOW_S else 0
            if self._slow >= _SLOW_CALLS or seconds > _VERY_SLOW_S:
                self.in_loop, self._slow, self._quick = False, 0, 0
                self._quick_needed *= 8
        else:
            self._quick = self._quick + 1 if seconds < _QUICK_S else 0
            self.in_loop = self._quick >= self._quick_needed
        return self.in_loop is not before
