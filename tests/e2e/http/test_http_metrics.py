"""/metrics: what Prometheus reads there, and that the numbers of all workers add up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.http import packages
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

Series = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(server: ServingProcess) -> Series:
    """All samples by name and labels."""
    with Wire(server.port) as wire:
        reply = wire.ask(request("GET /metrics", "Connection: close"))
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(reply.body.decode()):
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} twice"
            found[key] = sample.value
    return found


def value(series: Series, name: str, **labels: str) -> float:
    return series.get((name, tuple(sorted(labels.items()))), 0.0)


def wait_for(server: ServingProcess, name: str, wanted: float, **labels: str) -> None:
    """Gauges are published several times a second, counters just after an answer."""
    until = time.monotonic() + PATIENCE_S
    while (now := value(scrape(server), name, **labels)) != wanted:
        assert time.monotonic() < until, f"{name} stays {now}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.general(tmp_path_factory.mktemp("metrics") / "package")


def test_the_numbers_of_all_workers_add_up(package: Path) -> None:
    with ServingProcess(package, "--workers", "2") as server:
        wires = [Wire(server.port) for _ in range(12)]
        for wire in wires:
            for _ in range(5):
                assert wire.ask(request("GET /hello")).status == 200
            assert wire.ask(post_json("/typed", {})).status == 422
            assert wire.ask(post_json("/fail", {"how": "raise"})).status == 500
            assert wire.ask(post_json("/fail", {"how": "teapot"})).status == 418
            assert wire.ask(request("GET /nowhere")).status == 404
            assert wire.ask(request("HEAD /hello")).status == 200
        # The last answer is counted once it is on its way, and another worker may be asked sooner.
        wait_for(server, "hitless_request_seconds_count", 72, endpoint="GET /hello")
        for _ in range(3):  # whichever worker answers
            series = scrape(server)
            requests = "hitless_requests_total"
            assert value(series, requests, endpoint="GET /hello", status="200") == 72
            assert value(series, requests, endpoint="POST /typed", status="422") == 12
            assert value(series, requests, endpoint="POST /fail", status="500") == 12
            assert value(series, requests, endpoint="POST /fail", status="other") == 12
            assert value(series, requests, endpoint="-", status="404") == 12
            assert value(series, "hitless_request_seconds_count", endpoint="GET /hello") == 72
            assert value(series, "hitless_request_seconds_bucket", endpoint="GET /hello", le="+Inf") == 72
            assert value(series, "hitless_request_seconds_sum", endpoint="GET /hello") > 0
            assert value(series, "hitless_batch_size_count", endpoint="GET /hello") == 72
            assert value(series, "hitless_batch_size_sum", endpoint="POST /typed") == 0, "never got to the model"
            assert value(series, "hitless_workers") == 2
            assert value(series, "hitless_phase") == 1
            assert value(series, "hitless_worker_restarts_total") == 0
        wait_for(server, "hitless_connections", 13)  # with the one that asks
        wait_for(server, "hitless_requests_in_flight", 1)


def test_histograms_never_fall(package: Path) -> None:
    with ServingProcess(package) as server, Wire(server.port) as wire:
        for seconds in (0, 0.03, 0.3):
            assert wire.ask(post_json("/sleep", {"seconds": seconds})).status == 200
        series = scrape(server)
        name = "hitless_request_seconds_bucket"
        buckets = [(dict(labels), count) for (found, labels), count in series.items() if found == name]
        sleeps = [(float(labels["le"]), count) for labels, count in buckets if labels["endpoint"] == "POST /sleep"]
        counts = [count for _, count in sorted(sleeps)]
        assert counts == sorted(counts)
        assert counts[-1] == 3
        assert counts[0] < 3


def test_what_waits_and_what_is_computed(package: Path) -> None:
    with ServingProcess(package, "--placement", "thread") as server:
        wires = [Wire(server.port).send(post_json("/sleep", {"seconds": 600})) for _ in range(5)]
        wait_for(server, "hitless_requests_queued", 4)
        wait_for(server, "hitless_requests_in_flight", 6)
        wait_for(server, "hitless_connections", 6)
        for wire in wires:
            wire.reset()
        wait_for(server, "hitless_connections", 1)
        wait_for(server, "hitless_requests_in_flight", 1)
        wait_for(server, "hitless_requests_total", 5, endpoint="POST /sleep", status="499")
        server.kill()


def test_batches_are_counted_by_size(batches: ServingProcess) -> None:
    before = scrape(batches)
    wires = [Wire(batches.port).send(post_json("/waiting", {"item": number})) for number in range(4)]
    assert [len(wire.reply().json()["batch"]) for wire in wires] == [4] * 4
    after = scrape(batches)
    for name, difference in (("hitless_batch_size_count", 1), ("hitless_batch_size_sum", 4)):
        then, now = (value(series, name, endpoint="POST /waiting") for series in (before, after))
        assert now - then == difference


def test_counters_outlive_their_worker(package: Path) -> None:
    with ServingProcess(package) as server:
        with Wire(server.port) as wire:
            for _ in range(7):
                assert wire.ask(request("GET /hello")).status == 200
            assert wire.ask(request("GET /health")).status == 200  # an answer is counted right after it is sent
        [worker] = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)
        server.wait_for_entry(lambda entry: "died" in entry["message"])
        wait_for(server, "hitless_workers", 1)
        series = scrape(server)
        assert value(series, "hitless_requests_total", endpoint="GET /hello", status="200") == 7
        assert value(series, "hitless_worker_restarts_total") == 1


def test_the_phase_while_lingering(package: Path) -> None:
    with ServingProcess(package, "--linger", "30") as server:
        server.signal(signal.SIGTERM)
        wait_for(server, "hitless_phase", 2)
        server.signal(signal.SIGINT)
