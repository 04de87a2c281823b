"""The promises at their true times: 60 s linger, 90 s deadline, 200 s keep-alive (EXIT-1 to EXIT-4, KEEP-1).

Everything runs side by side, so that it takes the time of the longest, 215 s. `make test-true-times`
"""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.http.wire import post_json
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.package import stopping

pytestmark = pytest.mark.slow

LINGER_S, DEADLINE_S, KEEP_ALIVE_S = 60.0, 90.0, 200.0
TIMES = ("--linger", f"{LINGER_S:g}", "--deadline", f"{DEADLINE_S:g}")


def until_gone(instance: Instance, since: float) -> float:
    """Seconds from `since` to the exit of the server, which is well."""
    while instance.server.returncode is None:
        assert time.monotonic() - since < 2 * DEADLINE_S, "it does not leave"
        time.sleep(0.01)
    gone_after = time.monotonic() - since
    instance.leaves_well()
    return gone_after


def at(since: float, seconds: float) -> None:
    time.sleep(max(0.0, since + seconds - time.monotonic()))


def idle_clients(package: Path) -> float:
    """500 idle keep-alive clients; three of them, and a new one, ask 59 s after SIGTERM."""
    with Instance(package, "--workers", "2", *TIMES) as instance:
        clients = [Client(instance.port) for _ in range(500)]
        assert all(instance.asks(client) for client in clients)
        since = time.monotonic()
        instance.signal(signal.SIGTERM)
        at(since, LINGER_S - 1)
        for client in (clients[0], clients[250], clients[499], Client(instance.port)):
            assert not instance.asks(client), "told to close"
            assert client.at_end()
        assert instance.health() == 503
        gone_after = until_gone(instance, since)
        assert all(client.at_end() for client in clients[1:250]), "closed, not reset"
        return gone_after


def late_request(package: Path) -> float:
    """Begun at the end of the linger, finished 20 s into the drain."""
    with Instance(package, "--placement", "thread", *TIMES) as instance:
        client = instance.connect()
        since = time.monotonic()
        instance.signal(signal.SIGTERM)
        at(since, LINGER_S - 1)
        client.send(post_json("/gated", {"x": "late", "gate": "model"}))
        at(since, LINGER_S + 20)
        instance.open_gate("model")
        assert client.reply().status == 200
        return until_gone(instance, since)


def endless(package: Path, placement: str) -> float:
    """A model that never returns. In a thread, the client is told at the end."""
    with Instance(package, "--placement", placement, "--request-timeout", "600", *TIMES) as instance:
        client = instance.connect().send(post_json("/gated", {"x": 0, "gate": "never"}))
        instance.at_gate("never")
        since = time.monotonic()
        instance.signal(signal.SIGTERM)
        gone_after = until_gone(instance, since)
        if placement == "thread":
            assert client.reply().status == 503
            assert client.at_end()
        return gone_after


def frozen(package: Path) -> float:
    """A worker that stands still for good (SIGSTOP)."""
    with Instance(package, "--workers", "2", *TIMES) as instance:
        instance.hold(instance.workers()[0])
        since = time.monotonic()
        instance.signal(signal.SIGTERM)
        return until_gone(instance, since)


def reads_nothing(package: Path) -> float:
    """A client that takes no byte of its answer."""
    with Instance(package, "--send-timeout", "600", *TIMES) as instance:
        client = instance.connect(receive_buffer=4096)
        client.send(post_json("/large", {"size": 50_000_000}))
        instance.stuck(client)
        since = time.monotonic()
        instance.signal(signal.SIGTERM)
        return until_gone(instance, since)


def kept_alive(package: Path) -> None:
    """A connection is good after any idle time up to 200 s, and closed in the end."""
    with Instance(package, *TIMES) as instance:
        idle = {seconds: instance.connect() for seconds in (0, 1, 30, 60, 100, 150, 199, KEEP_ALIVE_S)}
        left = instance.connect()
        since = time.monotonic()
        assert all(instance.asks(client) for client in (*idle.values(), left))
        for seconds, client in idle.items():
            at(since, seconds + 0.5)
            assert instance.asks(client), f"idle for {seconds} s"
        assert left.at_end(), "closed, not reset"
        instance.signal(signal.SIGINT)
        instance.leaves_well()


def kept_alive_through_a_reload(package: Path) -> None:
    """The same for a connection that the old version's worker has."""
    with Instance(package, "--workers", "2", *TIMES) as instance:
        clients = [instance.connect() for _ in range(20)]
        assert all(instance.asks(client) for client in clients)
        since = time.monotonic()
        instance.signal(signal.SIGHUP)
        instance.says("the new version serves")
        at(since, KEEP_ALIVE_S)
        for client in clients:
            assert not instance.asks(client), "now it moves over"
            assert client.at_end()
        instance.signal(signal.SIGINT)
        instance.leaves_well()


def test_at_true_times(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    package = iter(stopping(tmp_path / f"package-{number}") for number in range(20))
    with ThreadPoolExecutor(16) as side_by_side:
        keep = [side_by_side.submit(part, next(package)) for part in (kept_alive, kept_alive_through_a_reload)]
        crowds = [side_by_side.submit(idle_clients, next(package)) for _ in range(3)]
        others = {
            "late request": side_by_side.submit(late_request, next(package)),
            "model never returns, in a thread": side_by_side.submit(endless, next(package), "thread"),
            "model never returns, in the loop": side_by_side.submit(endless, next(package), "loop"),
            "frozen worker": side_by_side.submit(frozen, next(package)),
            "client reads nothing": side_by_side.submit(reads_nothing, next(package)),
        }
        exits = {"500 idle clients": [crowd.result() for crowd in crowds]}
        exits |= {name: [part.result()] for name, part in others.items()}
        for part in keep:
            part.result()
    for name, seconds in exits.items():
        record_property(name, seconds)
        print(f"{name}: gone after {', '.join(f'{one:.2f}' for one in seconds)} s")  # noqa: T201
        assert max(seconds) < DEADLINE_S, name
    assert statistics.median(exits["500 idle clients"]) <= 62
