"""Workers that die: what they had in hand is lost, and no more; they are back as soon as their model is."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http.wire import post_json
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.kernel import until
from tests.hitless.package import echoed, stopping


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return stopping(tmp_path / "package")


@pytest.fixture
def instance(package: Path) -> Iterator[Instance]:
    with Instance(package, "--placement", "thread", "--linger", "60", "--deadline", "90") as started:
        yield started
        started.signal(signal.SIGINT)
        started.leaves_well()


def test_the_whole_queue_outlives_its_only_worker(instance: Instance) -> None:
    """And is answered when the next one has its model: it does not wait for anything else."""
    [worker] = instance.workers()
    instance.hold(worker)
    clients = [Client(instance.port).send(post_json("/echo", {"x": number})) for number in range(100)]
    instance.queued(100)
    instance.shut_load()
    instance.kill(worker)
    instance.says("loading version 1", times=2)
    instance.open_load()
    assert [client.reply().body for client in clients] == [echoed(number) for number in range(100)]


def test_a_crash_loop_fails_the_health_check_and_is_told_with_its_last_words(instance: Instance) -> None:
    for death in range(1, 4):
        with Client(instance.port) as client:
            client.send(post_json("/dies", {"words": f"free(): invalid pointer {death}"}))
            instance.says("died", times=death)
            assert client.at_end(), "lost: it was in hand"
    entries = [entry["message"] for entry in instance.server.entries if "died" in entry.get("message", "")]
    for death, entry in enumerate(entries, start=1):
        assert "exit code 11" in entry
        assert f"free(): invalid pointer {death}" in entry
    until(lambda: instance.health() == 503, "the health check to fail")
    instance.answers()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        pytest.param(signal.SIGKILL, "out of memory, if nobody sent it", id="killed"),
        pytest.param(signal.SIGSEGV, "a crash in native code", id="segfault"),
        pytest.param(signal.SIGABRT, "SIGABRT", id="abort"),
    ],
)
def test_the_log_says_how_a_worker_died(instance: Instance, number: signal.Signals, said: str) -> None:
    [worker] = instance.workers()
    instance.die(worker, number)
    assert said in instance.says("died")["message"]
    instance.answers()


def test_a_worker_that_dies_in_the_linger_is_replaced(instance: Instance) -> None:
    instance.signal(signal.SIGTERM)
    instance.lingering()
    [worker] = instance.workers()
    instance.hold(worker)
    waiting = Client(instance.port).send(post_json("/echo", {"x": "waiting"}))
    instance.queued(1)
    instance.kill(worker)
    reply = waiting.reply()
    assert (reply.body, reply.kept_alive) == (echoed("waiting"), False)
    assert instance.health() == 503


def test_the_queue_outlives_a_worker_that_dies_as_the_linger_ends(package: Path) -> None:
    """Nobody is there to take what waits, when the linger is over: it is taken all the same (EXIT-3)."""
    with Instance(package, "--linger", "60", "--deadline", "90") as instance:
        [worker] = instance.workers()
        instance.signal(signal.SIGTERM)
        instance.lingering()
        instance.hold(worker)
        waiting = Client(instance.port).send(post_json("/echo", {"x": "waiting"}))
        instance.queued(1)
        instance.signal(signal.SIGINT)
        instance.draining()
        instance.kill(worker)
        reply = waiting.reply()
        assert (reply.body, reply.kept_alive) == (echoed("waiting"), False)
        instance.leaves_well()
