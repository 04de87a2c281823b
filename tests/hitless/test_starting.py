"""Signals before the server is ready, while the model loads or warms up. Who came early is held, and answered."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http.traffic import connect, free_port
from tests.e2e.http.wire import post_json
from tests.hitless import kernel
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.kernel import until
from tests.hitless.package import echoed, stopping

_WARM_UP = '[[example]]\nurl = "/gated"\njson = { x = "warm", gate = "warm-up" }\n'
_EARLY = post_json("/echo", {"x": "early"})


@contextlib.contextmanager
def held_up(folder: Path, where: str, *arguments: str) -> Iterator[Instance]:
    """A server that loads its model, or warms it up, until `goes_on`; its port is open."""
    package = stopping(folder / "package", settings=_WARM_UP if where == "warming up" else "")
    if where == "loading":
        (package / "gates" / "load.shut").touch()
    with Instance(package, "--placement", "thread", *arguments, port=free_port()) as instance:
        connect(instance.port).close()
        if where == "warming up":
            instance.at_gate("warm-up")
        else:
            instance.says("loading version 1")
        yield instance


@pytest.fixture(params=["loading", "warming up"])
def starting(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Instance]:
    with held_up(tmp_path, request.param, "--linger", "60", "--deadline", "90") as instance:
        yield instance


def goes_on(instance: Instance) -> None:
    if (instance.package / "gates" / "load.shut").exists():
        instance.open_load()
    else:
        instance.open_gate("warm-up")


def early(instance: Instance) -> Client:
    """A request that is held until the model is there."""
    client = instance.connect().send(_EARLY)
    instance.all_read(client)
    return client


def is_answered(client: Client) -> None:
    reply = client.reply()
    assert (reply.status, reply.body, reply.kept_alive) == (200, echoed("early"), False)
    assert client.at_end()


@pytest.mark.parametrize("times", [1, 2])
def test_sigterm_and_the_model_comes_in_the_linger(starting: Instance, times: int) -> None:
    client = early(starting)
    for _ in range(times):
        starting.signal(signal.SIGTERM)
        starting.lingering()
    assert starting.health() == 503
    goes_on(starting)
    is_answered(client)
    starting.answers()
    starting.signal(signal.SIGINT)
    starting.leaves_well()


def test_sigint_and_the_model_comes_in_the_drain(starting: Instance) -> None:
    client = early(starting)
    starting.signal(signal.SIGINT)
    starting.draining()
    goes_on(starting)
    is_answered(client)
    starting.leaves_well()


def test_nobody_waits_and_it_leaves_without_its_model(starting: Instance) -> None:
    starting.signal(signal.SIGINT)
    starting.leaves_well()


def test_the_only_worker_is_killed_and_who_waits_in_the_queue_is_answered(starting: Instance) -> None:
    lost = early(starting)
    [worker] = starting.workers()
    starting.hold(worker)
    waiting = [Client(starting.port).send(_EARLY) for _ in range(5)]
    starting.queued(5)
    starting.kill(worker)
    assert lost.at_end()
    goes_on(starting)
    for client in waiting:
        assert client.reply().body == echoed("early")
    until(lambda: starting.health() == 200, "the server to be healthy")
    starting.signal(signal.SIGINT)
    starting.leaves_well()


def test_sighup_waits_for_nothing(starting: Instance) -> None:
    """There is nothing to reload yet: the log says so, and the start goes on."""
    client = early(starting)
    starting.signal(signal.SIGHUP)
    starting.says("no reload while starting")
    goes_on(starting)
    reply = client.reply()
    assert (reply.body, reply.kept_alive) == (echoed("early"), True)
    starting.signal(signal.SIGINT)
    starting.leaves_well()


@pytest.mark.parametrize("where", ["loading", "warming up"])
def test_the_model_never_comes(tmp_path: Path, where: str) -> None:
    """Who waits is told at the deadline."""
    with held_up(tmp_path, where, "--linger", "0.1", "--deadline", "3") as instance:
        client = early(instance)
        instance.signal(signal.SIGTERM)
        reply = client.reply()
        assert (reply.status, reply.kept_alive) == (503, False)
        assert client.at_end()
        instance.leaves_well()


def test_sigterm_in_the_first_moment(tmp_path: Path) -> None:
    """As soon as the port is open: whoever connected is answered."""
    with Instance(stopping(tmp_path / "package"), "--linger", "0.1", port=free_port()) as instance:
        client = connect(instance.port).send(_EARLY)
        instance.signal(signal.SIGTERM)
        reply = client.reply()
        assert (reply.status, reply.body, reply.kept_alive) == (200, echoed("early"), False)
        assert client.at_end()
        instance.leaves_well()
        assert kernel.accept_queue(instance.port) is None
