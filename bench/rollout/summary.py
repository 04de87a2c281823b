"""The figures of one run that the tables, the plot and the documents show. Pure: no process, no file, no clock."""

from __future__ import annotations

import bisect
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.rollout.outcomes import FAILURES
from hitless.checking.bounds import upper_bound


@dataclass(frozen=True)
class Line:
    """One server in one arrangement. `with_loss`: replacements during which a request failed (None: not all known).

    Bounds are of the share of requests, and of the share of replacements, one-sided, 95 %. `exit_s` from SIGTERM.
    """

    server: str
    arrangement: str
    replacements: int
    requests: int
    failed: int
    kinds: Mapping[str, int]
    with_loss: int | None
    per_million: float
    bound_per_million: float
    exit_median_s: float | None
    exit_max_s: float | None
    exit_codes: tuple[int | None, ...]
    not_reloaded: int
    rate: float
    p50_ms: float
    p99_ms: float
    late_s: float


def line(run: Mapping[str, Any]) -> Line:
    """Of a run as it stands in the results."""
    tally = run["tally"]
    requests, failed = tally["requests"], tally["failed"]
    exits = [ending["after_s"] for ending in run["endings"]]
    return Line(
        server=run["server"],
        arrangement=run["arrangement"],
        replacements=len(run["signals"]),
        requests=requests,
        failed=failed,
        kinds={kind: tally["counts"][kind] for kind in FAILURES if kind in tally["counts"]},
        with_loss=with_loss(run["signals"], tally["failures"], failed),
        per_million=1e6 * failed / requests if requests else 0.0,
        bound_per_million=1e6 * upper_bound(failed, requests) if requests else 1e6,
        exit_median_s=statistics.median(exits) if exits else None,
        exit_max_s=max(exits, default=None),
        exit_codes=tuple(sorted({ending["code"] for ending in run["endings"]}, key=str)),
        not_reloaded=run["not_reloaded"],
        rate=requests / tally["seconds"] if tally["seconds"] else 0.0,
        p50_ms=tally["latency_ms"]["p50"],
        p99_ms=tally["latency_ms"]["p99"],
        late_s=tally["late_s"],
    )


def with_loss(signals: Sequence[float], failures: Sequence[Mapping[str, Any]], failed: int) -> int | None:
    """How many replacements had a failure between their signal and the next."""
    if failed > len(failures):
        return None
    return len({bisect.bisect_right(signals, failure["at_s"]) for failure in failures} - {0})
