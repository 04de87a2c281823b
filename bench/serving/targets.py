"""What hitless set out to reach, and whether a run shows it. Every figure is a median over the rounds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.serving import summary
from bench.serving.findings import Findings
from bench.serving.servers import OURS, WORKERS, Size
from bench.serving.summary import Spread


@dataclass(frozen=True)
class Target:
    """`at_least` or at most `bound`; `reached` is None where the run has no such figure."""

    figure: str
    bound: float
    at_least: bool
    unit: str
    reached: Spread | None

    @property
    def is_met(self) -> bool | None:
        if self.reached is None:
            return None
        return self.reached.median >= self.bound if self.at_least else self.reached.median <= self.bound


def targets(findings: Findings) -> list[Target]:
    small, large = Size.SMALL, Size.LARGE

    def over(peer: str, size: Size, connections: int) -> Spread | None:
        return summary.ratio(findings, OURS, peer, size, connections)

    def own(connections: int, figure: summary.Figure) -> Spread | None:
        return summary.over_rounds(findings, OURS, small, connections, figure)

    share = summary.share(findings, OURS, large, 64, WORKERS)
    return [
        at_least("requests/s at 64 connections over Gunicorn-gevent-Flask", 15, "×", over("flask", small, 64)),
        at_least("requests/s at 64 connections over FastAPI-uvicorn", 10, "×", over("fastapi", small, 64)),
        at_least("requests/s at 64 connections over LitServe", 40, "×", over("litserve", small, 64)),
        at_least("requests/s at 64 connections over BentoML", 40, "×", over("bentoml", small, 64)),
        at_least("requests/s at 64 connections over MLServer", 40, "×", over("mlserver", small, 64)),
        at_most("server CPU a request at 64 connections", 60, "µs", own(64, summary.cpu_us)),
        at_most("server CPU a request at 256 connections", 60, "µs", own(256, summary.cpu_us)),
        at_most("p99 at 64 connections", 10, "ms", own(64, summary.p99_ms)),
        at_most("p99 at 256 connections", 30, "ms", own(256, summary.p99_ms)),
        at_least("requests/s at 1 connection over Gunicorn-gevent-Flask", 3, "×", over("flask", small, 1)),
        at_most("p50 at 1 connection", 0.4, "ms", own(1, summary.p50_ms)),
        at_least(
            "large model: requests/s at 64 connections over FastAPI-uvicorn", 3.5, "×", over("fastapi", large, 64)
        ),
        at_least("large model: share of the in-process limit, by CPU", 0.85, "", share.cpu if share else None),
        at_most("process start to first correct answer", 0.6, "s", summary.start_s(findings, OURS, small)),
        at_most(f"memory after load (PSS, {WORKERS} workers)", 110, "MiB", summary.pss_mib(findings, OURS, small)),
    ]


def _target(*, is_floor: bool) -> Callable[[str, float, str, Spread | None], Target]:
    return lambda figure, bound, unit, reached: Target(figure, bound, is_floor, unit, reached)


at_least = _target(is_floor=True)
at_most = _target(is_floor=False)
