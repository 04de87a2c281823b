"""When the log tells of requests, and in which words: each request would be too many lines, and none too few (LOG-1).

Pure: it is told the time and a count.
"""

from __future__ import annotations


class TrafficLog:
    """A line at once for the first answers after a silence, then one every `every_s` while there are more; 0: none."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._told = 0
        self._told_at: float | None = None

    def line(self, answered: int, now_s: float) -> str | None:
        """`answered`: requests of the model in all, so far. A count that falls (another version counts anew) is a new
        beginning."""
        if answered < self._told:
            self._told = 0
        new = answered - self._told
        if not self._every_s or not new:
            return None
        since_s = None if self._told_at is None else now_s - self._told_at
        if since_s is not None and since_s < self._every_s:
            return None
        self._told, self._told_at = answered, now_s
        within = "" if since_s is None else f" in {since_s:.0f} s"
        return f"{new} request{'s' if new != 1 else ''} answered{within}"
