"""A point from counters before and after, and the second try when others disturb the first."""

from __future__ import annotations

import pytest
from bench.serving import sampling
from bench.serving.load import Load, LoadFailedError, parse
from bench.serving.procfs import Cores
from bench.serving.sampling import Place, Reading
from bench.serving.servers import Size

PLACE = Place("ours", Size.SMALL, 3, 64)
LOAD = Load(ok=60_000, errors=0, duration_s=3.0, p50_ms=1.5, p99_ms=5.0, max_ms=9.0, cpu_s=1.2)


def test_point_splits_the_busy_time_among_the_parties() -> None:
    """4 s in which 2 cores were busy for 7 s: server 3, wrk 1.2, this program 0.2, others 2.6."""
    before = Reading(clock_s=100.0, server_s=10.0, own_s=5.0, cores=Cores(50.0, 1.0))
    after = Reading(clock_s=104.0, server_s=13.0, own_s=5.2, cores=Cores(57.0, 1.4))

    point = sampling.point(PLACE, LOAD, before, after)

    assert (point.server, point.size, point.round, point.connections) == ("ours", Size.SMALL, 3, 64)
    assert (point.ok_per_s, point.cpu_us) == (20_000.0, 50.0)
    assert (point.p50_ms, point.p99_ms, point.max_ms, point.errors) == (1.5, 5.0, 9.0, 0)
    assert (point.server_cores, point.load_cores) == (0.75, 0.3)
    assert (point.other_cores, point.steal_cores) == (0.65, 0.1)
    assert point.noise_cores == pytest.approx(0.75)


def test_others_are_never_negative_when_ticks_round() -> None:
    same = Cores(50.0, 1.0)
    point = sampling.point(PLACE, LOAD, Reading(0.0, 0.0, 0.0, same), Reading(4.0, 3.0, 0.0, same))
    assert point.other_cores == 0.0


WRK = (
    'WRK {"replies": 120, "duration_us": 2000000, "p50_us": 1500, "p99_us": 5250, "max_us": 9000, '
    '"not_2xx": 20, "connect": 1, "read": 2, "write": 3, "timeout": 4}'
)


def test_load_from_the_line_of_the_script() -> None:
    load = parse(f"Running 2s test @ http://127.0.0.1:1/\n  1 threads\n\n{WRK}\n", cpu_s=0.7)

    assert load == Load(ok=100, errors=30, duration_s=2.0, p50_ms=1.5, p99_ms=5.25, max_ms=9.0, cpu_s=0.7)
    assert load.ok_per_s == 50.0


def test_load_without_the_line_is_a_failure_with_the_output() -> None:
    with pytest.raises(LoadFailedError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1", cpu_s=0.0)
