"""The figures of one run of the rollout, and the options that choose the runs."""

from __future__ import annotations

from typing import Any

import pytest
from bench.rollout import arrangements, options, servers, summary
from bench.rollout.outcomes import Kind, Tally, percentile


def run(*, failed: dict[str, int], at: list[float]) -> dict[str, Any]:
    counts = {"ok": 1000 - sum(failed.values()), **failed}
    return {
        "server": "hitless",
        "arrangement": "port",
        "signals": [10.0, 20.0, 30.0],
        "endings": [{"after_s": 3.0, "code": 0}, {"after_s": 5.0, "code": None}, {"after_s": 3.5, "code": 0}],
        "not_reloaded": 1,
        "tally": {
            "requests": 1000, "failed": sum(failed.values()), "counts": counts, "seconds": 20.0, "late_s": 0.5,
            "latency_ms": {"p50": 1.0, "p99": 9.0}, "failures": [{"at_s": one} for one in at],
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("failed", "at", "kinds", "with_loss", "per_million"),
    [
        pytest.param({}, [], {}, 0, 0.0, id="none"),
        pytest.param({"reset": 2}, [11.0, 12.0], {"reset": 2}, 1, 2000.0, id="two in one replacement"),
        pytest.param(
            {"5xx": 1, "refused": 1}, [5.0, 31.0], {"refused": 1, "5xx": 1}, 1, 2000.0, id="one before the first"
        ),
        pytest.param({"closed": 3}, [11.0], {"closed": 3}, None, 3000.0, id="more than were kept"),
    ],
)
def test_a_line(
    failed: dict[str, int], at: list[float], kinds: dict[str, int], with_loss: int | None, per_million: float
) -> None:
    line = summary.line(run(failed=failed, at=at))
    assert line.kinds == kinds
    assert line.with_loss == with_loss
    assert line.per_million == per_million
    assert line.bound_per_million > per_million
    assert (line.replacements, line.requests, line.failed) == (3, 1000, sum(failed.values()))
    assert (line.exit_median_s, line.exit_max_s, line.exit_codes) == (3.5, 5.0, (0, None))
    assert (line.rate, line.p50_ms, line.p99_ms, line.late_s, line.not_reloaded) == (50.0, 1.0, 9.0, 0.5, 1)


def test_a_tally() -> None:
    tally = Tally()
    for kind in (Kind.OK, Kind.OK, Kind.RESET):
        tally.add("pooled", kind)
    shown = tally.as_json()
    assert (tally.requests, tally.failed) == (3, 1)
    assert shown["counts"] == {"ok": 2, "reset": 1}
    assert shown["by_client"] == {"pooled": {"ok": 2, "reset": 1}}


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, 0.0), ([3.0], 0.99, 3.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), ([1.0, 2.0, 3.0, 4.0], 1.0, 4.0)],
)
def test_percentiles(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@pytest.mark.parametrize(
    ("arguments", "jobs", "replacements", "is_partial"),
    [
        pytest.param("--servers hitless", 8, {100}, True, id="ours"),
        pytest.param("--servers uvicorn", 4, {10}, True, id="a peer"),
        pytest.param("--servers hypercorn", 3, {10}, True, id="a peer without reload"),
        pytest.param("--servers hitless --arrangement port,reload --replacements 7", 2, {7}, True, id="some"),
        pytest.param("--servers hitless --quick", 8, {3}, True, id="quick"),
        pytest.param("--arrangement port", len(servers.SERVERS), {100, 10}, True, id="one arrangement"),
        pytest.param("", None, {100, 10}, False, id="everything"),
    ],
)
def test_options(arguments: str, jobs: int | None, replacements: set[int], is_partial: bool) -> None:
    parsed = options.parse(arguments.split())
    assert jobs is None or len(parsed.jobs) == jobs
    assert {job.replacements for job in parsed.jobs} == replacements
    assert (parsed.output == options.BENCH / "results") is not is_partial


@pytest.mark.parametrize("arguments", ["--servers none", "--arrangement none", "--replacements 0", "--rate 0"])
def test_wrong_options(arguments: str) -> None:
    with pytest.raises(SystemExit):
        options.parse(arguments.split())


def test_every_arrangement_of_the_peers_is_one() -> None:
    assert len(arrangements.named(",".join(arrangements.FOR_PEERS))) == len(arrangements.FOR_PEERS)
