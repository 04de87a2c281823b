"""SIGHUP when something else happens, too: a signal, a death, a version that does not load. Nothing in hand is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.http.packages import new_version
from tests.e2e.http.wire import post_json, request
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.kernel import until
from tests.hitless.package import MODEL, echoed, stopping

VERSION = request("GET /version")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return stopping(tmp_path / "package")


def version(number: int) -> str:
    return MODEL.replace("VERSION = 1", f"VERSION = {number}")


def answering(instance: Instance, number: int) -> Client:
    """A connection at a worker of this version."""
    while True:
        client = instance.connect()
        if client.ask(VERSION).json()["version"] == number:
            return client
        client.close()


@pytest.fixture
def half_way(package: Path) -> Iterator[Instance]:
    """Two workers; the first of the new version has taken over, the second cannot load yet."""
    model = version(2).replace("load.shut", "second.shut").replace(
        'print(f"loading', '(self.gates / "second.shut").touch() if (self.gates / "first").exists() else None\n'
        '        (self.gates / "first").touch()\n        print(f"loading'
    )  # fmt: skip
    arguments = ("--workers", "2", "--placement", "thread", "--linger", "60", "--deadline", "90")
    with Instance(package, *arguments) as instance:
        new_version(package, model)
        instance.signal(signal.SIGHUP)
        instance.says("loading version 2", times=2)
        yield instance


def in_hand(instance: Instance) -> Client:
    """A request that the new version computes."""
    client = answering(instance, 2)
    client.send(post_json("/gated", {"x": "in hand", "gate": "model"}))
    instance.at_gate("model")
    return client


def finishes(instance: Instance, client: Client) -> bool:
    """Whether the request in hand is answered, rightly; then whether the connection goes on."""
    instance.open_gate("model")
    reply = client.reply()
    assert (reply.status, reply.body) == (200, echoed("in hand"))
    return reply.kept_alive


def _terminate(instance: Instance) -> None:
    instance.signal(signal.SIGTERM)
    instance.lingering()


def _interrupt(instance: Instance) -> None:
    instance.signal(signal.SIGINT)
    instance.draining()


def _reload_again(instance: Instance) -> None:
    new_version(instance.package, version(3))
    instance.signal(signal.SIGHUP)
    instance.says("a newer one is asked for")


def _second_dies(instance: Instance) -> None:
    instance.kill(max(instance.workers()))
    instance.says("its worker died")


HAPPENINGS = {
    "sigterm": _terminate,
    "sigint": _interrupt,
    "a-newer-version": _reload_again,
    "the-second-worker-dies": _second_dies,
}


@pytest.mark.parametrize("happen", HAPPENINGS.values(), ids=HAPPENINGS.keys())
def test_half_way_through_a_reload_nothing_in_hand_is_lost(
    half_way: Instance, happen: Callable[[Instance], None]
) -> None:
    client = in_hand(half_way)
    happen(half_way)
    assert not finishes(half_way, client), "its worker leaves"
    assert client.at_end()
    half_way.signal(signal.SIGINT)
    half_way.leaves_well()


def test_sigterm_while_the_new_version_loads(package: Path) -> None:
    """It is given up; the old one lingers, with all that it has in hand."""
    arguments = ("--placement", "thread", "--threads", "2", "--linger", "60", "--deadline", "90")
    with Instance(package, *arguments) as instance:
        client = instance.connect()
        client.send(post_json("/gated", {"x": "in hand", "gate": "model"}))
        instance.at_gate("model")
        instance.shut_load()
        instance.signal(signal.SIGHUP)
        instance.says("loading version 1", times=2)
        _terminate(instance)
        assert "the server is leaving" in instance.says("the old one goes on")["message"]
        instance.answers()
        assert not finishes(instance, client)
        assert client.at_end()
        instance.signal(signal.SIGINT)
        instance.leaves_well()


def test_a_version_that_does_not_load_leaves_the_old_one_serving(package: Path) -> None:
    with Instance(package, "--workers", "2") as instance:
        before, idle = instance.workers(), instance.connect()
        new_version(package, "raise RuntimeError('these weights are broken')")
        instance.signal(signal.SIGHUP)
        assert "these weights are broken" in instance.says("the old one goes on")["message"]
        until(lambda: sorted(instance.workers()) == sorted(before), "the old workers to be the only ones")
        assert instance.asks(idle)
        assert instance.health() == 200
        instance.signal(signal.SIGTERM)
        instance.leaves_well()


def test_a_worker_that_waits_for_its_return_does_not_return_after_a_reload(package: Path) -> None:
    """In a crash loop a worker comes back late. By then the new version may have its place."""
    with Instance(package) as instance:
        for death in range(1, 7):  # the next return is after 1.6 s
            with Client(instance.port) as client:
                client.send(post_json("/dies", {"words": f"death {death}"}))
                instance.says("died", times=death)
        instance.signal(signal.SIGHUP)
        instance.says("the new version serves")
        [new] = instance.workers()
        with pytest.raises(AssertionError, match="waited"):  # longer than the old one would have
            until(lambda: instance.workers() != [new], "an old worker to come back", within_s=2.5)
        instance.signal(signal.SIGTERM)
        instance.leaves_well()


def test_a_worker_that_dies_during_a_reload_loses_what_it_had_and_no_more(package: Path) -> None:
    with Instance(package, "--workers", "2") as instance:
        first = instance.connect()
        victim = instance.owner(first)
        assert victim is not None
        [survivor] = [pid for pid in instance.workers() if pid != victim]
        second = instance.connect(at=survivor)
        instance.shut_load()
        instance.signal(signal.SIGHUP)
        instance.says("loading version 1", times=3)
        instance.kill(victim)
        assert first.at_end()
        assert instance.asks(second)
        instance.open_load()
        instance.says("the new version serves")
        instance.answers()
        assert instance.health() == 200
        instance.signal(signal.SIGTERM)
        instance.leaves_well()
