"""Several processes behind one socket: all of them work, one that dies is replaced, nothing that waits is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import Traffic, alive, health, wait_for_health
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

VERSION = request("GET /version")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


@pytest.fixture
def two(package: Path) -> Iterator[ServingProcess]:
    with ServingProcess(package, "--workers", "2") as server:
        yield server


def pids(server: ServingProcess, connections: int = 12) -> set[int]:
    """The workers that answer, found by open connections, which are shared out equally."""
    wires = [Wire(server.port) for _ in range(connections)]
    found = {wire.ask(VERSION).json()["pid"] for wire in wires}
    for wire in wires:
        wire.close()
    return found


def wait_for_pids(server: ServingProcess, wanted: int, without: set[int]) -> set[int]:
    until = time.monotonic() + PATIENCE_S
    while len(found := pids(server)) != wanted or found & without:
        assert time.monotonic() < until, f"workers {found}"
    return found


def test_every_worker_gets_connections(two: ServingProcess) -> None:
    wait_for_pids(two, 2, set())
    wires, answering = [], []
    for _ in range(20):
        wires.append(Wire(two.port))
        answering.append(wires[-1].ask(VERSION).json()["pid"])
    assert min(answering.count(pid) for pid in set(answering)) >= 4, "about equally many"
    assert len(set(answering)) == 2
    assert all(wire.ask(VERSION).json()["pid"] == pid for wire, pid in zip(wires, answering, strict=True))
    for wire in wires:
        wire.close()


def test_a_killed_worker_is_replaced_and_the_other_goes_on(two: ServingProcess) -> None:
    first, second = sorted(wait_for_pids(two, 2, set()))
    with Wire(two.port) as kept:
        while kept.ask(VERSION).json()["pid"] != second:
            kept.close()
            kept.__init__(two.port)  # type: ignore[misc]
        os.kill(first, signal.SIGKILL)
        for _ in range(50):
            assert kept.ask(VERSION).json()["pid"] == second
    assert second in wait_for_pids(two, 2, {first})
    entry = two.wait_for_entry(lambda entry: entry["level"] == "error" and "died" in entry["message"])
    assert "SIGKILL" in entry["message"]
    assert health(two.port) == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_in_the_accept_queue_is_lost(package: Path, workers: str) -> None:
    """All workers stand still, connections pile up in the kernel, and then the workers are gone."""
    with ServingProcess(package, "--workers", workers) as server:
        before = wait_for_pids(server, int(workers), set())
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        wires = [Wire(server.port).send(post_json("/", {"x": number})) for number in range(30)]
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        replies = [wire.reply().json() for wire in wires]
        assert [reply["x"] for reply in replies] == list(range(30))
        assert not {reply["pid"] for reply in replies} & before
        for wire in wires:
            wire.close()


def test_a_request_that_kills_its_worker(package: Path) -> None:
    with ServingProcess(package) as server, Wire(server.port) as wire:
        with pytest.raises((EOFError, ConnectionResetError)):
            wire.ask(post_json("/", {"x": "die"}))
        with Wire(server.port) as other:
            assert other.ask(post_json("/", {"x": "live"})).json()["x"] == "live"
        entry = server.wait_for_entry(lambda entry: "died" in entry["message"])
        assert "exit code 9" in entry["message"]


def test_a_worker_that_dies_again_and_again_fails_the_health_check(package: Path) -> None:
    with ServingProcess(package) as server:
        for _ in range(3):
            with Wire(server.port) as wire, pytest.raises((EOFError, ConnectionResetError)):
                wire.ask(post_json("/", {"x": "die"}))
        wait_for_health(server.port, 503)
        with Wire(server.port) as wire:
            assert wire.ask(post_json("/", {"x": 1})).json()["x"] == 1, "it goes on serving all the same"
            assert health(server.port) == 503
        waits = [entry["message"] for entry in server.entries if "died" in entry["message"]]
        assert len(waits) == 3
        assert "at once" in waits[0]
        assert "0.2 s" in waits[2]


def test_a_worker_that_stands_still_is_replaced(tmp_path: Path) -> None:
    general = packages.general(tmp_path / "general")
    with ServingProcess(general, "--placement", "loop", "--stall-timeout", "1") as server:
        with Wire(server.port) as stuck, Wire(server.port) as waiting:
            stuck.send(post_json("/sleep", {"seconds": 600}))
            server.wait_for_entry(lambda entry: entry["message"] == "sleeping for 600.0")
            with pytest.raises((EOFError, ConnectionResetError)):
                waiting.ask(request("GET /health"))
        server.wait_for_entry(lambda entry: "stood still" in entry["message"])
        wait_for_health(server.port, 200)


def test_workers_leave_with_their_supervisor(two: ServingProcess) -> None:
    workers = wait_for_pids(two, 2, set())
    with Wire(two.port) as wire:
        assert wire.ask(VERSION).status == 200
        os.kill(two.pid, signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while any(alive(pid) for pid in workers):
            assert time.monotonic() < until, "orphans go on"
            time.sleep(0.02)


def test_new_connections_never_fail_while_workers_die(two: ServingProcess) -> None:
    """A new connection may be taken by a worker that dies the next moment; all others are answered."""
    with Traffic(two.port, post_json("/", {"x": 1})) as traffic:
        traffic.wait_for(lambda reply: reply.status == 200)
        os.kill(min(wait_for_pids(two, 2, set())), signal.SIGKILL)
        for _ in range(10):
            traffic.wait_for(lambda reply: reply.status == 200)
    assert len(traffic.failures) <= 2, "those that the dead one had in hand, one a client"
    assert {reply.status for reply in traffic.replies} == {200}
