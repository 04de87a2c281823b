"""SIGTERM: linger, drain, exit (EXIT-1 to EXIT-4), with times scaled down; whoever asks in time gets an answer."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import Traffic, exit_code, health
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

HELLO = request("GET /hello")
WORLD = {"hello": "world"}
THREADS = ("--placement", "thread", "--threads", "4")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.general(tmp_path / "package")


@contextlib.contextmanager
def serving(package: Path, *arguments: str) -> Iterator[ServingProcess]:
    with ServingProcess(package, *THREADS, *arguments) as server:
        yield server


def told(server: ServingProcess, phase: str) -> None:
    server.wait_for_entry(lambda entry: entry["message"].endswith(f": {phase}"))


def leaving(server: ServingProcess) -> None:
    """Until every worker knows: the order goes out a moment after the line in the log."""
    for _ in range(2 * len(_children(server.pid))):
        kept = True
        while kept:
            with Wire(server.port) as wire:
                kept = wire.ask(HELLO).kept_alive


def begin_sleep(server: ServingProcess, wire: Wire, seconds: float) -> None:
    wire.send(post_json("/sleep", {"seconds": seconds}))
    server.wait_for_entry(lambda entry: entry["message"] == f"sleeping for {seconds}")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_whole_goodbye(package: Path, workers: str) -> None:
    with serving(package, "--linger", "1.2", "--deadline", "20", "--workers", workers) as server:
        kept, slow = Wire(server.port), Wire(server.port)
        assert kept.ask(HELLO).kept_alive
        server.signal(signal.SIGTERM)
        told(server, "lingering")
        assert health(server.port) == 503, "balancers look away at once"
        leaving(server)
        reply = kept.ask(HELLO)
        assert (reply.json(), reply.kept_alive) == (WORLD, False), "the pool moves over, its request is answered"
        assert kept.at_end()
        for _ in range(5):
            with Wire(server.port) as fresh:
                reply = fresh.ask(HELLO)
                assert (reply.json(), reply.kept_alive) == (WORLD, False)
        begin_sleep(server, slow, 2.0)
        told(server, "draining")
        refused(server)
        reply = slow.reply()
        assert (reply.json(), reply.kept_alive) == ({"slept": 2.0}, False)
        assert slow.at_end()
        assert exit_code(server) == 0


def test_phases_are_told_with_the_health(package: Path) -> None:
    with serving(package, "--linger", "30") as server, Wire(server.port) as wire:
        assert wire.ask(request("GET /health")).headers["x-hitless-phase"] == "ready"
        server.signal(signal.SIGTERM)
        told(server, "lingering")
        reply = wire.ask(request("GET /health"))
        assert (reply.status, reply.body) == (503, b'{"health": "false"}')
        assert reply.headers["x-hitless-phase"] == "lingering"
        server.signal(signal.SIGINT)


def test_health_can_be_told_to_pass_while_lingering(package: Path) -> None:
    with serving(package, "--linger", "30", "--lingering-health", "pass") as server:
        server.signal(signal.SIGTERM)
        told(server, "lingering")
        assert health(server.port) == 200
        server.signal(signal.SIGINT)


def test_a_second_sigterm_changes_nothing(package: Path) -> None:
    with serving(package, "--linger", "1") as server, Wire(server.port) as slow:
        server.signal(signal.SIGTERM)
        told(server, "lingering")
        server.signal(signal.SIGTERM)
        begin_sleep(server, slow, 1.5)
        server.signal(signal.SIGTERM)
        told(server, "draining")
        server.signal(signal.SIGTERM)
        assert slow.reply().json() == {"slept": 1.5}
        assert exit_code(server) == 0
        assert sum("SIGTERM" in entry["message"] for entry in server.entries) == 1


def test_sigint_skips_the_linger(package: Path) -> None:
    with serving(package, "--linger", "60") as server, Wire(server.port) as slow, Wire(server.port) as idle:
        assert idle.ask(HELLO).status == 200
        begin_sleep(server, slow, 0.6)
        server.signal(signal.SIGINT)
        assert slow.reply().json() == {"slept": 0.6}
        assert idle.at_end()
        assert exit_code(server) == 0


def test_a_second_sigint_stops_at_once(package: Path) -> None:
    with serving(package) as server, Wire(server.port) as slow:
        begin_sleep(server, slow, 600.0)
        server.signal(signal.SIGINT)
        told(server, "draining")
        server.signal(signal.SIGINT)
        assert exit_code(server) == 0


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_idle_server_leaves_at_once(package: Path, first: signal.Signals, workers: str) -> None:
    with serving(package, "--workers", workers) as server, Wire(server.port) as idle, Wire(server.port) as fresh:
        assert idle.ask(HELLO).status == 200
        server.signal(first)
        assert idle.at_end()
        assert fresh.at_end()
        assert exit_code(server) == 0


def test_requests_in_every_state_are_finished(package: Path) -> None:
    """Being computed, waiting for the model, pipelined, half received, in the accept queue: EXIT-3."""
    with ServingProcess(package, "--placement", "thread", "--deadline", "30") as server:
        computed, queued, pipelined, half, expecting = (Wire(server.port) for _ in range(5))
        begin_sleep(server, computed, 1.0)
        queued.send(post_json("/sleep", {"seconds": 0.1}))
        pipelined.send(post_json("/sleep", {"seconds": 0.2}) + HELLO + request("GET /nowhere") + HELLO)
        half.send(request("POST /raw", "Content-Length: 10") + b"01234")
        expecting.send(request("POST /raw", "Content-Length: 4", "Expect: 100-continue"))
        assert expecting.reply().status == 100
        [worker] = [int(line) for line in _children(server.pid)]
        os.kill(worker, signal.SIGSTOP)
        waiting = [Wire(server.port).send(HELLO) for _ in range(10)]
        server.signal(signal.SIGTERM)
        told(server, "draining")
        os.kill(worker, signal.SIGCONT)
        for wire in waiting:
            assert wire.reply().json() == WORLD
            assert wire.at_end()
        assert computed.reply().json() == {"slept": 1.0}
        assert queued.reply().json() == {"slept": 0.1}
        assert [pipelined.reply().status for _ in range(4)] == [200, 200, 404, 200]
        assert pipelined.at_end()
        half.send(b"56789")
        assert half.reply().json()["length"] == 10
        expecting.send(b"body")
        assert expecting.reply().json()["length"] == 4
        assert exit_code(server) == 0


def refused(server: ServingProcess) -> None:
    """Until nothing listens any more."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            Wire(server.port).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue  # it came in the very moment in which the last listener closed
    pytest.fail("it goes on listening")


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_only_the_last_of_a_pipeline_says_close(package: Path) -> None:
    with serving(package, "--linger", "30") as server, Wire(server.port) as wire:
        server.signal(signal.SIGTERM)
        leaving(server)
        wire.send(HELLO * 5)
        assert [wire.reply().kept_alive for _ in range(5)] == [True] * 4 + [False]
        assert wire.at_end()
        server.signal(signal.SIGINT)


@pytest.mark.parametrize("placement", ["thread", "loop"])
@pytest.mark.parametrize("linger", ["0", "0.5"])
def test_the_deadline_is_kept_with_a_model_that_never_returns(package: Path, placement: str, linger: str) -> None:
    """The client is told, where the loop is free to tell it; the process is gone either way (EXIT-4)."""
    times = ["--linger", linger, "--deadline", "2", "--placement", placement]
    with ServingProcess(package, *times) as server, Wire(server.port) as wire, Wire(server.port) as behind:
        begin_sleep(server, wire, 600.0)
        behind.send(post_json("/sleep", {"seconds": 0.1}))
        started = time.monotonic()
        server.signal(signal.SIGTERM)
        if placement == "thread":
            for waiting in (wire, behind):
                reply = waiting.reply()
                assert (reply.status, reply.kept_alive) == (503, False)
                assert waiting.at_end()
        else:
            with pytest.raises((EOFError, ConnectionResetError)):
                wire.reply()
        assert exit_code(server) == 0
        assert time.monotonic() - started < 2 + 2  # a loaded machine has two seconds more


def test_the_deadline_cuts_a_stream(tmp_path: Path) -> None:
    package = packages.streams(tmp_path / "streams")
    with ServingProcess(package, "--deadline", "2") as server, Wire(server.port) as wire:
        wire.send(post_json("/async-events", {"count": 10_000, "pause": 0.05}))
        wire.head()
        wire.chunk()
        server.signal(signal.SIGTERM)
        with pytest.raises((EOFError, ConnectionResetError)):
            wire.chunks()
        assert exit_code(server) == 0


def test_a_stream_is_finished_in_the_drain(tmp_path: Path) -> None:
    package = packages.streams(tmp_path / "streams")
    with ServingProcess(package, "--deadline", "30") as server, Wire(server.port) as wire:
        wire.send(post_json("/async-events", {"count": 20, "pause": 0.05}))
        wire.head()
        wire.chunk()
        server.signal(signal.SIGTERM)
        told(server, "draining")
        assert len(wire.chunks()) == 19
        assert exit_code(server) == 0


def test_a_large_answer_is_read_to_its_end_by_a_slow_reader(package: Path) -> None:
    with serving(package, "--deadline", "30") as server, Wire(server.port, receive_buffer=16_384) as wire:
        wire.send(post_json("/large", {"size": 6_000_000}))
        _, headers = wire.head()
        server.signal(signal.SIGTERM)
        told(server, "draining")
        received = 0
        while received < int(headers["content-length"]):
            received += len(wire.take_some())
            time.sleep(0.002)
        assert wire.at_end()
        assert exit_code(server) == 0


def test_a_worker_that_dies_while_lingering_is_replaced(package: Path) -> None:
    with serving(package, "--linger", "30") as server:
        [worker] = _children(server.pid)
        server.signal(signal.SIGTERM)
        leaving(server)
        os.kill(int(worker), signal.SIGKILL)
        server.wait_for_entry(lambda entry: "died" in entry["message"])
        with Wire(server.port) as wire:
            reply = wire.ask(HELLO)
            assert (reply.json(), reply.kept_alive) == (WORLD, False)
        server.signal(signal.SIGINT)


def test_a_worker_that_dies_while_draining_does_not_hold_up_the_end(package: Path) -> None:
    with serving(package, "--deadline", "60") as server, Wire(server.port) as wire:
        begin_sleep(server, wire, 600.0)
        [worker] = _children(server.pid)
        server.signal(signal.SIGTERM)
        told(server, "draining")
        os.kill(int(worker), signal.SIGKILL)
        assert exit_code(server) == 0


def test_no_request_fails_from_sigterm_to_the_end_of_the_linger(package: Path) -> None:
    """Clients leave when the health check fails, as behind a balancer: until then, and after, nothing is lost."""
    with serving(package, "--linger", "3", "--workers", "2") as server:
        with Traffic(server.port, HELLO) as traffic:
            traffic.wait_for(lambda reply: reply.kept_alive)
            server.signal(signal.SIGTERM)
            for _ in range(20):
                traffic.wait_for(lambda reply: not reply.kept_alive)
            assert health(server.port) == 503
        assert traffic.failures == []
        assert {reply.status for reply in traffic.replies} == {200}
        assert exit_code(server) == 0


def test_sigterm_to_the_whole_group_is_the_same(package: Path) -> None:
    """As a terminal or some container engines send it: workers leave it to the supervisor."""
    with serving(package, "--linger", "1") as server, Wire(server.port) as wire:
        os.killpg(server.pid, signal.SIGTERM)
        told(server, "lingering")
        assert wire.ask(HELLO).json() == WORLD
        assert exit_code(server) == 0
        assert not [entry for entry in server.entries if "died" in entry["message"]]


def test_a_quiet_linger_ends_early(package: Path) -> None:
    """Probes are no traffic: a balancer looks until the end."""
    with serving(package, "--linger", "quiet", "--quiet", "2", "--deadline", "60") as server:
        server.signal(signal.SIGTERM)
        told(server, "lingering")
        for _ in range(8):  # as long again as a quiet time
            with Wire(server.port) as wire:
                assert wire.ask(HELLO).status == 200
            assert health(server.port) == 503
            assert server.returncode is None
            time.sleep(0.5)
        while server.returncode is None:
            with contextlib.suppress(OSError, AssertionError):
                health(server.port)
            time.sleep(0.1)
        assert exit_code(server) == 0
        lines = [entry["message"] for entry in server.entries]
        assert "the linger has passed: draining" in lines


def test_a_port_that_two_servers_share(package: Path) -> None:
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(serving(package, "--reuse-port"))
        traffic = stack.enter_context(Traffic(old.port, HELLO))
        new = stack.enter_context(serving(package, "--reuse-port", "--port", str(old.port)))
        traffic.wait_for(lambda reply: reply.status == 200)
        old.signal(signal.SIGTERM)
        assert exit_code(old) == 0
        traffic.wait_for(lambda reply: reply.status == 200)
        assert traffic.failures == []
        assert new.returncode is None
        with Wire(new.port) as wire:
            assert wire.ask(HELLO).json() == WORLD


def test_what_is_in_the_accept_queue_at_the_end_is_answered(package: Path) -> None:
    """Connections whose handshake is done when the listener closes are received (EXIT-3); a later one is refused."""
    with serving(package, "--linger", "0.5", "--deadline", "20") as server:
        worker = int(_children(server.pid)[0])
        os.kill(worker, signal.SIGSTOP)  # nothing is taken from the queue
        waiting = [Wire(server.port).send(HELLO) for _ in range(50)]
        server.signal(signal.SIGTERM)
        told(server, "draining")
        os.kill(worker, signal.SIGCONT)
        for wire in waiting:
            reply = wire.reply()
            assert (reply.status, reply.kept_alive) == (200, False)
            assert wire.at_end()
        assert exit_code(server) == 0
        with pytest.raises(ConnectionRefusedError):
            Wire(server.port)
