"""How connections end when the server leaves: no last answer is lost to a reset, a crowd is let go, all in time."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tests.e2e.http.wire import post_json
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.kernel import until
from tests.hitless.outcomes import outcome
from tests.hitless.package import echoed, stopping
from tests.hitless.steps import STEPS

_LARGE = 9_000_000
FOREVER = ("--placement", "thread", "--linger", "60", "--deadline", "90")
AT_ONCE = ("--placement", "thread", "--linger", "0.1", "--deadline", "60")


SLOW_STEPS = {
    "half of the answer read": "ended",
    "half a request line": "answered",
    "body half sent": "answered",
    "upload under way, chunked": "answered",
    "stream under way, asynchronous": "ended",
    "in the model, in a thread": "answered",
}


def test_the_drain_takes_as_long_as_it_takes(tmp_path: Path) -> None:
    """Requests at all these steps at once, none of which goes on for seconds: each is finished (EXIT-3)."""
    with Instance(stopping(tmp_path / "package"), *AT_ONCE) as instance:
        scripts = [(STEPS[name].script(instance), word) for name, word in SLOW_STEPS.items()]
        placed = [(next(script), script, word) for script, word in scripts]
        instance.signal(signal.SIGTERM)
        instance.draining()
        with pytest.raises(AssertionError, match="waited"):
            until(lambda: instance.server.returncode is not None, "the server to leave", within_s=3.5)
        for _, script, _ in placed:
            next(script, None)
        found = [outcome(one, goes_on=False) for one, _, _ in placed]
        assert found == [word for _, _, word in placed]
        instance.hang_up()
        instance.leaves_well()


@pytest.mark.parametrize("protocol", ["http", "https"])
@pytest.mark.parametrize("arguments", [FOREVER, AT_ONCE], ids=["linger", "drain"])
def test_what_comes_after_the_last_answer_does_not_cost_it(
    tmp_path: Path, protocol: str, arguments: tuple[str, ...]
) -> None:
    """Bytes that the server will never read turn a close into a reset, and a reset eats what is on its way."""
    package = stopping(tmp_path / "package", protocol=protocol)
    with Instance(package, *arguments, protocol=protocol) as instance:
        client = instance.connect(receive_buffer=16_384)
        instance.speak(client)
        assert instance.asks(client)  # so that nothing of TLS is still to come
        client.send(post_json("/gated", {"x": "last", "gate": "model"}))
        instance.at_gate("model")
        instance.signal(signal.SIGTERM)
        instance.lingering() if arguments is FOREVER else instance.draining()
        instance.open_gate("model")
        until(lambda: client.has_bytes(), "the answer")  # it has answered, and is closing
        client.send(b"POST /echo HTTP/1.1\r\n" + bytes(100_000))
        reply = client.reply()
        assert (reply.body, reply.kept_alive) == (echoed("last"), False)
        assert client.at_end()
        client.close()
        instance.signal(signal.SIGINT) if arguments is FOREVER else None
        instance.leaves_well()


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_large_last_answer_is_read_to_its_end_by_a_client_that_goes_on_sending(tmp_path: Path, protocol: str) -> None:
    package = stopping(tmp_path / "package", protocol=protocol)
    with Instance(package, *FOREVER, protocol=protocol) as instance:
        instance.signal(signal.SIGTERM)
        instance.lingering()
        client = instance.connect(receive_buffer=16_384)
        instance.speak(client)
        client.send(post_json("/large", {"size": _LARGE}))
        for part in range(1, 9):
            client.read_until(part * _LARGE // 8)
            client.send(bytes(1000))
        reply = client.reply()
        assert (reply.body, reply.kept_alive) == (bytes(_LARGE), False)
        assert client.at_end()
        instance.signal(signal.SIGINT)
        instance.leaves_well()


def test_a_crowd_of_idle_clients_is_let_go(tmp_path: Path) -> None:
    """500 pooled connections, two workers: closed by FIN at the end of the drain; who asks before is answered."""
    arguments = ("--workers", "2", "--linger", "60", "--deadline", "90")
    with Instance(stopping(tmp_path / "package"), *arguments) as instance:
        clients = [Client(instance.port) for _ in range(500)]
        assert all(instance.asks(client) for client in clients)
        instance.signal(signal.SIGTERM)
        instance.lingering()
        for client in clients[::10]:
            assert not instance.asks(client), "told to close"
            assert client.at_end()
        instance.signal(signal.SIGINT)
        assert all(client.at_end() for number, client in enumerate(clients) if number % 10)
        instance.leaves_well()


def test_a_client_that_never_reads_does_not_keep_the_server(tmp_path: Path) -> None:
    arguments = ("--linger", "0.1", "--deadline", "3")
    with Instance(stopping(tmp_path / "package"), *arguments) as instance:
        client = instance.connect(receive_buffer=4096)
        client.send(post_json("/large", {"size": 50_000_000}))
        instance.stuck(client)
        instance.signal(signal.SIGTERM)
        instance.leaves_well()


def test_health_fails_from_the_first_moment_of_the_linger(tmp_path: Path) -> None:
    with Instance(stopping(tmp_path / "package"), "--workers", "2", *FOREVER) as instance:
        assert instance.health() == 200
        instance.signal(signal.SIGTERM)
        instance.lingering()
        assert {instance.health() for _ in range(20)} == {503}
        instance.signal(signal.SIGINT)
        instance.leaves_well()


def test_one_worker_stands_still_and_the_other_does_the_work_of_both(tmp_path: Path) -> None:
    """Nothing in the accept queue waits for the one that is stopped; it is gone by the deadline."""
    arguments = ("--workers", "2", "--placement", "thread", "--linger", "0.5", "--deadline", "4")
    with Instance(stopping(tmp_path / "package"), *arguments) as instance:
        instance.hold(instance.workers()[0])
        clients = [Client(instance.port).send(post_json("/echo", {"x": number})) for number in range(20)]
        instance.signal(signal.SIGTERM)
        assert [client.reply().body for client in clients] == [echoed(number) for number in range(20)]
        instance.hang_up()
        instance.leaves_well()


def test_everything_at_once(tmp_path: Path) -> None:
    """A queue, a pipeline and an idle crowd at the very end of the linger: every request is answered (EXIT-3)."""
    with Instance(stopping(tmp_path / "package"), "--workers", "2", *FOREVER) as instance:
        idle = [instance.connect() for _ in range(20)]
        assert all(instance.asks(client) for client in idle)
        busy = instance.connect().send(post_json("/gated", {"x": "busy", "gate": "model"}))
        instance.at_gate("model")
        instance.signal(signal.SIGTERM)
        instance.lingering()
        instance.hold(*instance.workers())
        waiting = [Client(instance.port).send(post_json("/echo", {"x": number})) for number in range(50)]
        instance.queued(50)
        instance.signal(signal.SIGINT)
        instance.draining()
        instance.release()
        instance.open_gate("model")
        assert [client.reply().body for client in waiting] == [echoed(number) for number in range(50)]
        assert busy.reply().body == echoed("busy")
        assert all(client.at_end() for client in (*waiting, busy, *idle))
        instance.leaves_well()


@pytest.mark.parametrize("arguments", [FOREVER, AT_ONCE], ids=["linger", "drain"])
def test_an_answer_that_lies_in_the_kernel_is_waited_for(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The server has written all of it; the client takes it after longer than a lingering close, and sends meanwhile.

    A process that left now would take it along: with its container goes its network.
    """
    with Instance(stopping(tmp_path / "package"), *arguments) as instance:
        client = instance.connect(receive_buffer=16_384)
        if arguments is FOREVER:
            instance.signal(signal.SIGTERM)
            instance.lingering()
        client.send(post_json("/large", {"size": 1_000_000}))
        instance.stuck(client)
        if arguments is AT_ONCE:
            instance.signal(signal.SIGTERM)
            instance.draining()
        with pytest.raises(AssertionError, match="waited"):
            until(lambda: instance.server.returncode is not None, "the server to leave", within_s=3.5)
        if arguments is FOREVER:  # it has been told close: nothing more is read
            client.send(bytes(1000))
        reply = client.reply()
        assert (reply.status, reply.body) == (200, bytes(1_000_000))
        assert client.at_end()
        client.close()
        instance.signal(signal.SIGINT) if arguments is FOREVER else None
        instance.leaves_well()
