"""What became of a request, in words that are counted, and the counts of a whole load. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

MOST_DETAILS = 300


class Kind(StrEnum):
    """The end of one request, as its client saw it."""

    OK = "ok"
    REFUSED = "refused"  # the connection could not be made
    RESET = "reset"  # cut by RST before the first byte of an answer
    CLOSED = "closed"  # ended by FIN before the first byte of an answer
    CUT = "cut short"  # the answer began and did not end
    ERROR_5XX = "5xx"
    WRONG = "wrong"  # another status, another number, another digest, no HTTP
    SILENT = "silent"  # no end of the answer within the client's patience


FAILURES = tuple(kind for kind in Kind if kind is not Kind.OK)


@dataclass(frozen=True)
class Failure:
    """One request that failed. `at_s` is of the monotonic clock, `nth` counts the requests of its connection."""

    at_s: float
    number: int
    kind: Kind
    client: str
    shape: str
    nth: int
    after_s: float
    detail: str


@dataclass
class Tally:
    """`late_s`: how long after its time on the schedule the most delayed request was begun."""

    counts: Counter[Kind] = field(default_factory=Counter)
    by_client: dict[str, Counter[Kind]] = field(default_factory=dict)
    details: list[Failure] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    late_s: float = 0.0
    connections: int = 0
    ended_idle: int = 0  # pooled connections that the server side closed between two requests: no loss
    seconds: float = 0.0

    def add(self, client: str, kind: Kind) -> None:
        self.counts[kind] += 1
        self.by_client.setdefault(client, Counter())[kind] += 1

    @property
    def requests(self) -> int:
        return self.counts.total()

    @property
    def failed(self) -> int:
        return self.requests - self.counts[Kind.OK]

    def as_json(self) -> dict[str, Any]:
        """Latencies (of clients that are not slow) as percentiles, from the time on the schedule to the last byte."""
        ordered = sorted(self.latencies_ms)
        return {
            "requests": self.requests,
            "failed": self.failed,
            "counts": {kind.value: self.counts[kind] for kind in Kind if self.counts[kind]},
            "by_client": {name: {k.value: n for k, n in counts.items()} for name, counts in self.by_client.items()},
            "latency_ms": {name: percentile(ordered, share) for name, share in PERCENTILES.items()},
            "late_s": round(self.late_s, 3),
            "connections": self.connections,
            "ended_idle": self.ended_idle,
            "seconds": round(self.seconds, 2),
            "failures": [asdict(failure) for failure in self.details],
        }


PERCENTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def percentile(ordered: list[float], share: float) -> float:
    """The value that `share` of an ascending list does not exceed (nearest rank); 0 of an empty one."""
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))], 2)
