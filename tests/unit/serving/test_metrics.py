"""/metrics: read back by the client library of Prometheus; the numbers of all workers add up."""

from __future__ import annotations

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from hitless.serving.board import Board, Cell, State
from hitless.serving.lifecycle import Phase
from hitless.serving.metrics import (
    BATCH_BOUNDS,
    LATENCY_BOUNDS_S,
    STATUSES,
    EndpointMetrics,
    answered_by,
    counters_for,
    exposition,
)

ENDPOINTS = ("POST /", "GET /greet")
OTHER = len(ENDPOINTS)  # the place of what no endpoint answered


def board_of(rows: int = 1, endpoints: tuple[str, ...] = ENDPOINTS) -> Board:
    return Board(rows, counters_for(endpoints))


def families(board: Board, endpoints: tuple[str, ...] = ENDPOINTS) -> dict[str, Metric]:
    text = exposition(board, endpoints)
    assert text.endswith("\n")
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family: Metric, suffix: str = "") -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value for sample in family.samples if sample.name == family.name + suffix
    }


def test_a_server_that_has_answered_nothing() -> None:
    found = families(board_of())
    assert {name: family.type for name, family in found.items()} == {
        "hitless_requests": "counter",
        "hitless_request_seconds": "histogram",
        "hitless_batch_size": "histogram",
        "hitless_connections": "gauge",
        "hitless_requests_in_flight": "gauge",
        "hitless_requests_queued": "gauge",
        "hitless_workers": "gauge",
        "hitless_phase": "gauge",
        "hitless_worker_restarts": "counter",
        "hitless_reloads": "counter",
    }
    assert all(family.documentation for family in found.values())
    assert found["hitless_requests"].samples == []
    assert set(values(found["hitless_request_seconds"], "_count").values()) == {0}


def test_requests_by_endpoint_and_status_of_all_workers() -> None:
    board = board_of(2)
    for row, endpoint, status, times in (
        (0, 0, 200, 3), (1, 0, 200, 4), (1, 0, 422, 1), (0, 1, 499, 2), (1, OTHER, 404, 5), (0, 0, 299, 1),
        (1, 0, 226, 1),
    ):  # fmt: skip
        for _ in range(times):
            EndpointMetrics(board.row(row), endpoint).answered(status, 0.001)
    assert values(families(board)["hitless_requests"], "_total") == {
        ("POST /", "200"): 7,
        ("POST /", "422"): 1,
        ("POST /", "other"): 2,
        ("GET /greet", "499"): 2,
        ("-", "404"): 5,
    }


@pytest.mark.parametrize("status", [status for status in STATUSES if status], ids=str)
def test_every_known_status_has_its_own_count(status: int) -> None:
    board = board_of()
    EndpointMetrics(board.row(0), 0).answered(status, 0.0)
    assert values(families(board)["hitless_requests"], "_total") == {("POST /", str(status)): 1}


@pytest.mark.parametrize("status", [201, 202, 417], ids=str)
def test_statuses_that_are_usual(status: int) -> None:
    assert status in STATUSES


@pytest.mark.parametrize(
    ("seconds", "first_bucket"),
    [
        pytest.param(0.0, "0.0005", id="no-time"),
        pytest.param(0.0005, "0.0005", id="a-bound-belongs-to-its-bucket"),
        pytest.param(0.00051, "0.001", id="just-above"),
        pytest.param(1.0, "1.0", id="a-second"),
        pytest.param(60.0, "60.0", id="the-last-bound"),
        pytest.param(61.0, "+Inf", id="beyond"),
    ],
)
def test_latency_buckets(seconds: float, first_bucket: str) -> None:
    board = board_of()
    EndpointMetrics(board.row(0), 1).answered(200, seconds)
    histogram = families(board)["hitless_request_seconds"]
    counts = {sample.labels["le"]: sample.value for sample in histogram.samples
              if sample.name.endswith("_bucket") and sample.labels["endpoint"] == "GET /greet"}  # fmt: skip
    bounds = [*map(str, LATENCY_BOUNDS_S), "+Inf"]
    assert list(counts) == bounds
    at = bounds.index(first_bucket)
    assert list(counts.values()) == [0] * at + [1] * (len(bounds) - at)
    assert values(histogram, "_count") == {("POST /",): 0, ("GET /greet",): 1, ("-",): 0}
    assert values(histogram, "_sum")["GET /greet",] == pytest.approx(seconds, abs=1e-6)


def test_batch_sizes() -> None:
    board = board_of(2)
    for row, size in ((0, 1), (0, 32), (1, 33), (1, 300), (1, 2)):
        EndpointMetrics(board.row(row), 0).called(size)
    histogram = families(board)["hitless_batch_size"]
    counts = [sample.value for sample in histogram.samples
              if sample.name.endswith("_bucket") and sample.labels["endpoint"] == "POST /"]  # fmt: skip
    assert len(counts) == len(BATCH_BOUNDS) + 1
    assert counts == [1, 2, 2, 2, 2, 3, 4, 4, 4, 5]
    assert values(histogram, "_count") == {("POST /",): 5, ("GET /greet",): 0}
    assert values(histogram, "_sum") == {("POST /",): 368, ("GET /greet",): 0}


def test_sums_are_exact_however_large() -> None:
    board = board_of()
    metrics = EndpointMetrics(board.row(0), 0)
    metrics.called(12_345_678)
    metrics.answered(200, 1_234_567.890123)
    found = families(board)
    assert values(found["hitless_batch_size"], "_sum")["POST /",] == 12_345_678
    assert values(found["hitless_request_seconds"], "_sum")["POST /",] == 1_234_567.890123


def test_gauges_are_sums_over_the_workers() -> None:
    board = board_of(3)
    for index in range(3):
        row = board.row(index)
        row[Cell.CONNECTIONS], row[Cell.IN_FLIGHT], row[Cell.QUEUED] = 1, 10, 100
        row[Cell.STATE] = State.SERVING if index else State.LOADING
    board.phase = Phase.LINGERING
    board.count_restart()
    found = families(board)
    expected = {
        "hitless_connections": 3,
        "hitless_requests_in_flight": 30,
        "hitless_requests_queued": 300,
        "hitless_workers": 2,
        "hitless_phase": 2,
    }
    assert {name: values(found[name])[()] for name in expected} == expected
    assert values(found["hitless_worker_restarts"], "_total") == {(): 1}


def test_hostile_names_of_endpoints_are_escaped() -> None:
    names = ('POST /"quoted"', "POST /back\\slash", "POST /line\nbreak")
    board = board_of(endpoints=names)
    for index in range(3):
        EndpointMetrics(board.row(0), index).answered(200, 0.0)
    found = values(families(board, names)["hitless_requests"], "_total")
    assert found == {(name, "200"): 1 for name in names}


def test_new_versions_by_what_became_of_them() -> None:
    board = board_of()
    board.count_reload(serves=True)
    board.count_reload(serves=True)
    board.count_reload(serves=False)
    assert values(families(board)["hitless_reloads"], "_total") == {("serves",): 2, ("not_loaded",): 1}


def test_answers_of_the_contracts_endpoints_only() -> None:
    board = board_of(2)
    for row, endpoint in ((0, 0), (1, 0), (1, 1), (0, OTHER)):
        EndpointMetrics(board.row(row), endpoint).answered(200, 0.001)
        EndpointMetrics(board.row(row), endpoint).answered(503, 0.001)
    assert answered_by(board, 2) == 6
