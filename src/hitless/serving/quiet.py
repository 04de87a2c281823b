"""Decides when a linger ends early, because nobody asks any more. Pure: the clock and the counts are given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Quiet:
    """`for_s`: seconds without a request after which it is quiet; `since`, `total`: when the last came, its number."""

    for_s: float
    since: float
    total: int

    def reached(self, now: float, total: int, in_hand: int) -> bool:
        """`total`: requests of the contract's apis answered so far (probes do not count), `in_hand`: not yet."""
        if total != self.total or in_hand:
            self.total, self.since = total, now
        return now - self.since >= self.for_s
