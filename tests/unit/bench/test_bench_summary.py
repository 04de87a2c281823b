"""Medians over rounds and ratios within a round."""

from __future__ import annotations

import dataclasses

import pytest
from bench.serving import summary
from bench.serving.findings import Findings, InProcess, Memory, Point, Start
from bench.serving.servers import Size
from bench.serving.summary import Share, Spread


def point(
    server: str, number: int, per_s: float, *, size: Size = Size.SMALL, connections: int = 64, **others: float
) -> Point:
    plain = Point(server, size, number, connections, per_s, 1.0, 2.0, 3.0, 0, 50.0, 1.5, 0.4, 0.0, 0.0)
    return dataclasses.replace(plain, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], None, id="nothing measured"),
        pytest.param([4.0], Spread(4.0, 4.0, 4.0, 1), id="one round"),
        pytest.param([9.0, 1.0, 4.0], Spread(4.0, 1.0, 9.0, 3), id="the middle one of three"),
        pytest.param([1.0, 2.0], Spread(1.5, 1.0, 2.0, 2), id="between two"),
    ],
)
def test_spread(values: list[float], expected: Spread | None) -> None:
    assert summary.spread(values) == expected


RATIOS = [
    pytest.param(
        [("ours", 1, 3000), ("peer", 1, 200), ("ours", 2, 2400), ("peer", 2, 100)],
        Spread(19.5, 15.0, 24.0, 2),
        id="within each round, then the median",
    ),
    pytest.param(
        [("ours", 1, 3000), ("peer", 1, 200), ("ours", 2, 9000), ("peer", 3, 1)],
        Spread(15.0, 15.0, 15.0, 1),
        id="only rounds with both",
    ),
    pytest.param([("ours", 1, 3000), ("peer", 1, 0)], None, id="a peer that answered nothing"),
    pytest.param([("ours", 1, 3000)], None, id="no peer"),
]


@pytest.mark.parametrize(("measured", "expected"), RATIOS)
def test_ratio(measured: list[tuple[str, int, float]], expected: Spread | None) -> None:
    findings = Findings(points=[point(*one) for one in measured])
    assert summary.ratio(findings, "ours", "peer", Size.SMALL, 64) == expected


def test_points_of_other_sizes_connections_or_set_aside_are_left_out() -> None:
    chosen = point("ours", 1, 100.0)
    others = [
        point("ours", 1, 7.0, counted=False),
        point("ours", 2, 7.0, connections=16),
        point("ours", 3, 7.0, size=Size.LARGE),
        point("peer", 4, 7.0),
    ]
    assert summary.by_round(Findings(points=[*others, chosen]), "ours", Size.SMALL, 64) == {1: chosen}


def test_share_of_the_limit_of_the_same_round_and_as_many_processes() -> None:
    findings = Findings(
        points=[point("ours", 1, 4000.0, cpu_us=160.0), point("ours", 2, 2000.0, cpu_us=320.0)],
        limits=[
            InProcess(Size.SMALL, 1, 2, per_s=8000.0, cpu_us=160.0),
            InProcess(Size.SMALL, 2, 2, per_s=8000.0, cpu_us=160.0),
            InProcess(Size.SMALL, 1, 1, per_s=1.0, cpu_us=1.0),
            InProcess(Size.LARGE, 1, 2, per_s=1.0, cpu_us=1.0),
        ],
    )
    assert summary.share(findings, "ours", Size.SMALL, 64, 2) == Share(
        cpu=Spread(0.75, 0.5, 1.0, 2), per_s=Spread(0.375, 0.25, 0.5, 2)
    )
    assert summary.share(findings, "ours", Size.LARGE, 64, 2) is None


def test_starts_and_memory_are_by_server_and_size() -> None:
    findings = Findings(
        starts=[
            Start("ours", Size.SMALL, 1, 0.5),
            Start("ours", Size.LARGE, 1, 9.0),
            Start("peer", Size.SMALL, 1, 9.0),
        ],
        memory=[Memory("ours", Size.SMALL, 1, 90.0), Memory("ours", Size.SMALL, 2, 94.0)],
    )
    assert summary.start_s(findings, "ours", Size.SMALL) == Spread(0.5, 0.5, 0.5, 1)
    assert summary.pss_mib(findings, "ours", Size.SMALL) == Spread(92.0, 90.0, 94.0, 2)
    assert summary.pss_mib(findings, "peer", Size.SMALL) is None


def test_lines_sum_errors_count_noisy_rounds_and_give_the_lead_over_each_peer() -> None:
    findings = Findings(
        points=[
            point("ours", 1, 3000.0),
            point("peer", 1, 200.0, errors=2, other_cores=0.3, steal_cores=0.1, p50_ms=4.0, p99_ms=8.0, cpu_us=900.0),
            point("peer", 2, 100.0, errors=1, p50_ms=4.0, p99_ms=8.0, cpu_us=900.0),
        ]
    )
    ours, peer = summary.lines(findings, "ours", noise_limit_cores=0.35)

    assert (ours.server, ours.size, ours.connections, ours.lead, ours.cpu_lead) == ("ours", Size.SMALL, 64, None, None)
    assert (peer.ok_per_s, peer.lead) == (Spread(150.0, 100.0, 200.0, 2), Spread(15.0, 15.0, 15.0, 1))
    assert peer.cpu_lead == Spread(18.0, 18.0, 18.0, 1)
    assert (peer.p50_ms, peer.p99_ms) == (Spread(4.0, 4.0, 4.0, 2), Spread(8.0, 8.0, 8.0, 2))
    assert peer.cpu_us == Spread(900.0, 900.0, 900.0, 2)
    assert (peer.errors, peer.noisy) == (3, 1)


def test_a_round_without_one_good_reply_is_a_rate_of_0_but_has_no_times_and_no_cost() -> None:
    findings = Findings(
        points=[
            point("ours", 1, 3000.0),
            point("ours", 2, 3000.0),
            point("peer", 1, 0.0, p50_ms=0.0, p99_ms=0.0, cpu_us=135_457.0),
            point("peer", 2, 200.0, p50_ms=4.0, p99_ms=8.0, cpu_us=900.0),
        ]
    )
    _, peer = summary.lines(findings, "ours", noise_limit_cores=0.35)

    assert peer.ok_per_s == Spread(100.0, 0.0, 200.0, 2)
    assert (peer.p50_ms, peer.p99_ms) == (Spread(4.0, 4.0, 4.0, 1), Spread(8.0, 8.0, 8.0, 1))
    assert peer.cpu_us == Spread(900.0, 900.0, 900.0, 1)
    assert (peer.lead, peer.cpu_lead) == (Spread(15.0, 15.0, 15.0, 1), Spread(18.0, 18.0, 18.0, 1))
