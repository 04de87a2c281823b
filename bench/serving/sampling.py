"""One point: load on a running server, with the CPU that each party used meanwhile; a noisy point is taken twice."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.serving import procfs
from bench.serving.findings import Point
from bench.serving.load import Load
from bench.serving.servers import Size

NOISE_LIMIT_CORES = 0.35


@dataclass(frozen=True)
class Reading:
    """Counters at one moment, seconds."""

    clock_s: float
    server_s: float
    own_s: float
    cores: procfs.Cores


@dataclass(frozen=True)
class Place:
    """Which point of the run this is."""

    server: str
    size: Size
    round: int
    connections: int


def read() -> Reading:
    own = os.times()
    return Reading(time.monotonic(), procfs.tree_cpu_s(os.getpid()), own.user + own.system, procfs.read_cores())


def point(place: Place, load: Load, before: Reading, after: Reading) -> Point:
    """CPU time is split among server, load generator, this program, and others (what is left of the busy time)."""
    wall_s = after.clock_s - before.clock_s
    server_s = after.server_s - before.server_s
    busy_s = after.cores.busy_s - before.cores.busy_s
    other_s = busy_s - server_s - load.cpu_s - (after.own_s - before.own_s)
    return Point(
        server=place.server,
        size=place.size,
        round=place.round,
        connections=place.connections,
        ok_per_s=round(load.ok_per_s, 1),
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        max_ms=load.max_ms,
        errors=load.errors,
        cpu_us=round(server_s / max(load.ok, 1) * 1e6, 1),
        server_cores=round(server_s / wall_s, 3),
        load_cores=round(load.cpu_s / wall_s, 3),
        other_cores=round(max(other_s, 0.0) / wall_s, 3),
        steal_cores=round((after.cores.steal_s - before.cores.steal_s) / wall_s, 3),
    )


def sample(place: Place, apply_load: Callable[[], Load]) -> list[Point]:
    """The point; if others disturbed it, a second one too, and the less disturbed of the two counts."""
    points = [_once(place, apply_load)]
    if points[0].noise_cores > NOISE_LIMIT_CORES:
        points.append(_once(place, apply_load))
    quietest = min(points, key=lambda one: one.noise_cores)
    return [dataclasses.replace(one, counted=one is quietest) for one in points]


def _once(place: Place, apply_load: Callable[[], Load]) -> Point:
    before = read()
    load = apply_load()
    return point(place, load, before, read())
