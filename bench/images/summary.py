"""Points → medians, and what was promised against what was reached. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.images.large import Cut, Large
from bench.images.rounds import CHANGE, CLONE, FIRST, Point

OURS = "hitless"


@dataclass(frozen=True)
class Line:
    """Medians over the rounds, with the lowest and the highest. `ours_times`: its time over ours; `by_cpu`: CPU's."""

    builder: str
    what: str
    count: int
    seconds: float
    low: float
    high: float
    cpu_s: float
    sent: int
    ours_times: float | None
    by_cpu: float | None


@dataclass(frozen=True)
class Target:
    figure: str
    wanted: str
    reached: str
    is_met: bool


def lines(points: Iterable[Point]) -> list[Line]:
    """First builds, changes, fresh clones; ours first."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.what, point.builder), []).append(point)
    in_order = sorted(groups, key=lambda key: ((FIRST, CHANGE, CLONE).index(key[0]), key[1] != OURS, key[1]))
    return [_line(groups[key], groups.get((key[0], OURS), [])) for key in in_order]


def _line(points: Sequence[Point], ours: Sequence[Point]) -> Line:
    name, seconds = points[0].builder, [point.seconds for point in points]
    middle, cpu_s = median(seconds), median(point.cpu_s for point in points)
    times = by_cpu = None
    if ours and name != OURS:
        times = middle / median(point.seconds for point in ours)
        by_cpu = cpu_s / median(point.cpu_s for point in ours)
    sent = round(median(point.sent for point in points))
    return Line(name, points[0].what, len(points), middle, min(seconds), max(seconds), cpu_s, sent, times, by_cpu)


def targets(
    found: Sequence[Line], unpacked: int, large: Large | None, cut: Cut | None, digests: Mapping[str, str]
) -> list[Target]:
    """Those of which there are figures."""
    result = []
    by_name = {(line.what, line.builder): line for line in found}
    for what, most_s in ((FIRST, 10.0), (CHANGE, 1.0), (CLONE, 3.0)):
        if (line := by_name.get((what, OURS))) is not None:
            result.append(Target(what, f"≤ {most_s:g} s", f"{line.seconds:.2f} s", line.seconds <= most_s))
    if (line := by_name.get((CHANGE, OURS))) is not None:
        result.append(Target("sent after a code change", "≤ 50 kB", f"{line.sent / 1e3:.1f} kB", line.sent <= 50_000))
    for what, least in ((FIRST, 5.0), (CHANGE, 20.0)):
        for line in found:
            if line.what == what and line.ours_times is not None:
                reached = f"{line.ours_times:.1f} ×"
                result.append(
                    Target(f"{what}: over {line.builder}", f"≥ {least:g} ×", reached, line.ours_times >= least)
                )
    result.append(Target("own layers, unpacked", "≤ 120 MB", f"{unpacked / 1e6:.1f} MB", unpacked <= 120_000_000))
    if large is not None:
        result.append(Target("weights, packed and hashed", "≥ 300 MB/s", f"{large.mb_per_s:.0f} MB/s",
                             large.mb_per_s >= 300))  # fmt: skip
        result.append(Target(f"memory for {large.weights / 1e9:.1f} GB of weights, build and push", "< 150 MB",
                             f"{large.memory_mb:.0f} MB", large.memory_mb < 150))  # fmt: skip
    if cut is not None:
        result.append(Target(f"sent again after {cut.cuts} cuts", "< 2 %", f"{cut.again:.2%}", cut.again < 0.02))
    if digests:
        tried = [digest for digest in digests.values() if not digest.startswith("not tried")]
        result.append(Target(f"digests of {len(tried)} builds", "1", str(len(set(tried))), len(set(tried)) == 1))
    return result
