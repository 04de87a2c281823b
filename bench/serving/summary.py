"""Medians over rounds, and ratios within a round: what the tables, the plot and the targets are made of. Pure sums."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from bench.serving.findings import Findings, Point
from bench.serving.servers import Size

Figure = Callable[[Point], float]


@dataclass(frozen=True)
class Spread:
    """One figure over the rounds."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Line:
    """One server, model and number of connections over the rounds, and ours against it, round by round.

    `lead`: our requests per second over its; `cpu_lead`: its CPU per request over ours. None for ours itself.
    """

    server: str
    size: Size
    connections: int
    ok_per_s: Spread
    p50_ms: Spread | None
    p99_ms: Spread | None
    cpu_us: Spread | None
    errors: int
    noisy: int
    lead: Spread | None
    cpu_lead: Spread | None


@dataclass(frozen=True)
class Share:
    """Ours against the bare loop of the same round, as many processes as workers: 1 is the limit itself."""

    cpu: Spread
    per_s: Spread


def ok_per_s(point: Point) -> float:
    return point.ok_per_s


def p50_ms(point: Point) -> float:
    return point.p50_ms


def p99_ms(point: Point) -> float:
    return point.p99_ms


def cpu_us(point: Point) -> float:
    return point.cpu_us


def spread(values: Iterable[float]) -> Spread | None:
    """None of no values."""
    found = list(values)
    if not found:
        return None
    return Spread(statistics.median(found), min(found), max(found), len(found))


def by_round(findings: Findings, server: str, size: Size, connections: int) -> dict[int, Point]:
    """The points that count, by number of the round."""
    return {
        point.round: point
        for point in findings.points
        if point.counted and (point.server, point.size, point.connections) == (server, size, connections)
    }


def over_rounds(findings: Findings, server: str, size: Size, connections: int, figure: Figure) -> Spread | None:
    return _spread_of(by_round(findings, server, size, connections).values(), figure)


def ratio(
    findings: Findings, above: str, below: str, size: Size, connections: int, figure: Figure = ok_per_s
) -> Spread | None:
    """A figure of one server over that of another, of the rounds in which both were measured.

    Rounds of 3 000 over 200 and 2 400 over 100 give 15 and 24: median 19.5, not the 18 of the medians' ratio.
    """
    numerators = by_round(findings, above, size, connections)
    denominators = by_round(findings, below, size, connections)
    return spread(
        figure(numerators[number]) / figure(denominators[number])
        for number in numerators.keys() & denominators.keys()
        if denominators[number].ok_per_s and (numerators[number].ok_per_s or figure is ok_per_s)
    )


def share(findings: Findings, ours: str, size: Size, connections: int, processes: int) -> Share | None:
    """CPU per picture of the loop over CPU per request of ours; requests per second over pictures per second."""
    limits = {limit.round: limit for limit in findings.limits if (limit.size, limit.processes) == (size, processes)}
    points = by_round(findings, ours, size, connections)
    both = limits.keys() & points.keys()
    cpu = spread(limits[number].cpu_us / points[number].cpu_us for number in both)
    per_s = spread(points[number].ok_per_s / limits[number].per_s for number in both)
    return Share(cpu, per_s) if cpu and per_s else None


def start_s(findings: Findings, server: str, size: Size) -> Spread | None:
    return spread(one.seconds for one in findings.starts if (one.server, one.size) == (server, size))


def pss_mib(findings: Findings, server: str, size: Size) -> Spread | None:
    return spread(one.pss_mib for one in findings.memory if (one.server, one.size) == (server, size))


def lines(findings: Findings, ours: str, noise_limit_cores: float) -> list[Line]:
    """A line for everything that was measured, in the order of its first measurement."""
    keys = dict.fromkeys((point.server, point.size, point.connections) for point in findings.points)
    return [line for key in keys if (line := _line(findings, ours, noise_limit_cores, *key))]


def _line(
    findings: Findings, ours: str, noise_limit_cores: float, server: str, size: Size, connections: int
) -> Line | None:
    points = by_round(findings, server, size, connections).values()
    rate = _spread_of(points, ok_per_s)
    if rate is None:
        return None
    is_ours = server == ours
    return Line(
        server=server,
        size=size,
        connections=connections,
        ok_per_s=rate,
        p50_ms=_spread_of(points, p50_ms),
        p99_ms=_spread_of(points, p99_ms),
        cpu_us=_spread_of(points, cpu_us),
        errors=sum(point.errors for point in points),
        noisy=sum(point.noise_cores > noise_limit_cores for point in points),
        lead=None if is_ours else ratio(findings, ours, server, size, connections),
        cpu_lead=None if is_ours else ratio(findings, server, ours, size, connections, cpu_us),
    )


def _spread_of(points: Collection[Point], figure: Figure) -> Spread | None:
    """A point without one good reply counts as a rate, of 0; it has no times and no cost."""
    return spread(figure(point) for point in points if point.ok_per_s or figure is ok_per_s)
