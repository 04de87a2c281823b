"""Hostile clients: no worker dies, stands still or grows; nothing is left behind; the others are answered in time.

Each attack comes twice or more on the same server: what the first taught the allocator, the next reuses, so that memory
has to stay where it was. With `-s` the latency of the normal clients is printed.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.hitless import attacks
from tests.hitless.siege import Siege, say

_SLACK = 1.05
_MOST_TIMES = 5


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.general(tmp_path_factory.mktemp("hostile") / "package")


@pytest.fixture(scope="module")
def siege(package: Path) -> Iterator[Siege]:
    with Siege(package) as made:
        yield made


def withstands(siege: Siege, attack: Callable[[], object]) -> None:
    """Several times the same, with others asking meanwhile, until it leaves the memory as large as the time before."""
    taken: list[float] = []
    while len(taken) < _MOST_TIMES:
        with siege.bystanders():
            attack()
        siege.assert_well()
        taken.append(siege.memory_mib())
        if len(taken) > 1 and taken[-1] <= max(taken[:-1]) * _SLACK:
            break
    else:
        raise AssertionError(f"memory grows each time: {taken} MiB")
    say("memory in MiB after each time: " + ", ".join(f"{mib:.1f}" for mib in taken))


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        pytest.param(b"PO", b"", id="first-letters"),
        pytest.param(b"GET /hello?name=", b"x", id="line"),
        pytest.param(b"GET /hello HTTP/1.1\r\nHost: a\r\nX: ", b"x", id="header"),
        pytest.param(b"GET /hello HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", id="headers"),
        pytest.param(request("POST /raw", "Content-Length: 100000"), b"x", id="body"),
        pytest.param(request("POST /raw", "Transfer-Encoding: chunked"), b"1\r\nx\r\n", id="chunks"),
        pytest.param(request("POST /nowhere", "Content-Length: 50000"), b"x", id="refused-body"),
    ],
)
def test_slow_loris(siege: Siege, start: bytes, drop: bytes) -> None:
    withstands(siege, lambda: attacks.trickled(siege.port, 300, start, drop))


def test_slow_readers(package: Path) -> None:
    """Each asks for more than the kernel keeps for one connection (net.ipv4.tcp_wmem), so that the server has to wait.

    On a server of its own: the allocator keeps what was freed, and would hide what the other attacks cost.
    """
    with Siege(package) as siege:
        withstands(siege, lambda: attacks.unread(siege.port, 100, 6_000_000, lambda: _all_but_a_few_are_cut(siege)))


def _all_but_a_few_are_cut(siege: Siege) -> None:
    siege.wait_until("hitless_connections", lambda open_: open_ < 20)


@pytest.mark.parametrize("framing", [attacks.SIZED, attacks.CHUNKED])
@pytest.mark.parametrize("end", [attacks.END_BY_RESET, attacks.END_BY_FIN])
def test_aborted_uploads(siege: Siege, framing: str, end: str) -> None:
    withstands(siege, lambda: attacks.aborted_uploads(siege.port, 1000, framing, end))


def test_noise(siege: Siege) -> None:
    withstands(siege, lambda: attacks.noise(siege.port, 1000))


def test_opened_and_closed(siege: Siege) -> None:
    withstands(siege, lambda: attacks.opened_and_closed(siege.port, 3000))


def test_pipelined(siege: Siege) -> None:
    withstands(siege, lambda: attacks.pipelined(siege.port, 10, 500))


def test_pipelined_and_unread(siege: Siege) -> None:
    """Reading stops where answers pile up: what is not taken stays with the attacker."""
    most = 50_000_000

    def attack() -> None:
        assert attacks.pipelined_and_unread(siege.port, 10, most) < 10 * most / 2

    withstands(siege, attack)


@pytest.mark.parametrize("finished", [True, False], ids=["whole", "aborted"])
def test_tiny_chunks(siege: Siege, finished: bool) -> None:
    withstands(siege, lambda: attacks.tiny_chunks(siege.port, 8, 2, 20_000, finished=finished))


def test_ten_thousand_idle_connections(package: Path) -> None:
    count = 10_000
    with _descriptors(count + 500), Siege(package) as siege:
        before = siege.memory_mib()
        with attacks.connections(siege.port, count) as opened:
            siege.wait_until("hitless_connections", lambda open_: open_ >= count)
            say(f"{1024 * (siege.memory_mib() - before) / count:.1f} KiB for each idle connection")
            with siege.bystanders():
                for connection in opened[:: count // 20]:  # they are still good
                    connection.sendall(request("GET /hello"))
                    assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def _open(wire: Wire) -> float:
    """The open connections, asked on one that is open."""
    lines = wire.ask(request("GET /metrics")).body.decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("hitless_connections ")))


@contextlib.contextmanager
def _descriptors(wanted: int) -> Iterator[None]:
    """So many in this process and in those that it starts; skips where they cannot be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this process may have {hard} descriptors, {wanted} are needed: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit (util-linux) is not installed")
def test_out_of_descriptors(package: Path) -> None:
    """Whoever is in is served; whoever waits is let in when others leave; the log says it, not again and again."""
    with Siege(package, descriptors=64) as siege:
        with Wire(siege.port) as kept:
            assert kept.ask(post_json("/typed", {"count": 1})).status == 200
            with attacks.connections(siege.port, 400):
                siege.server.wait_for_entry(lambda entry: "no connection can be taken" in entry["message"])
                time.sleep(2)  # many turns in which nothing can be taken
                assert kept.ask(post_json("/typed", {"count": 2})).status == 200
        with siege.bystanders():
            pass
        siege.assert_well()
        said = [entry for entry in siege.server.entries if "no connection can be taken" in entry["message"]]
        assert len(said) <= 2 * len(siege.workers), f"said {len(said)} times"


def test_max_connections(package: Path) -> None:
    """More than that wait in the kernel; nobody is refused, and those who are in are served."""
    with Siege(package, "--max-connections", "50") as siege:
        with Wire(siege.port) as kept:
            assert kept.ask(post_json("/typed", {"count": 1})).status == 200
            with attacks.connections(siege.port, 300) as opened:
                until = time.monotonic() + PATIENCE_S
                while (taken := _open(kept)) < 2 * 50:
                    assert time.monotonic() < until, f"only {taken} are taken"
                time.sleep(0.5)  # several turns in which more could be taken
                assert _open(kept) <= 2 * 50
                for connection in opened:
                    connection.sendall(request("GET /hello", "Connection: close"))
                for connection in opened:  # each is let in when another has left
                    assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
                    connection.close()
            assert kept.ask(post_json("/typed", {"count": 2})).status == 200
        with siege.bystanders():
            pass
