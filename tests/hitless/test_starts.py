"""However the server is started, it stops in the same way (EXIT-1 to EXIT-4), and its exit status is passed on."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import exit_code, health
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import write_package
from tests.hitless.starts import STARTS, Start, StartedServer, children

from hitless.serving.lifecycle import Event

HELLO = request("GET /hello")
WORLD = {"hello": "world"}
HELD = ("SigBlk", "SigCgt")  # proc(5)
BY_NAME = {start.id: start for start in STARTS}

ORPHANS = """
import subprocess


class Model:
    def predict(self, count: int):
        for _ in range(count):
            subprocess.run(["sh", "-c", "sleep 600 >/dev/null 2>&1 &"], check=True)
        return {"started": count}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.general(tmp_path / "package")


@pytest.fixture(params=STARTS, ids=lambda start: start.id)
def start(request: pytest.FixtureRequest) -> Start:
    chosen: Start = request.param
    chosen.need()
    return chosen


def until(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def told(server: StartedServer, phase: str) -> None:
    server.wait_for_entry(lambda entry: entry["message"].endswith(f": {phase}"))


def group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def leaves_first(wire: Wire) -> None:
    """The server ends the idle connection: its port has one in TIME_WAIT, which must not keep the next one off."""
    assert wire.at_end()
    wire.close()


def says_goodbye(port: int) -> None:
    """New connections are answered, from some moment on with `Connection: close`."""

    def leaving() -> bool:
        with Wire(port) as wire:
            reply = wire.ask(HELLO)
            assert (reply.status, reply.json()) == (200, WORLD)
            return not reply.kept_alive

    until(leaving, "the worker does not say that it leaves")


def test_a_whole_goodbye(start: Start, package: Path) -> None:
    with StartedServer(start, package) as server:
        kept, silent, slow = (Wire(server.port) for _ in range(3))
        assert kept.ask(HELLO).kept_alive
        slow.send(post_json("/sleep", {"seconds": 2.0}))  # its answer is due after the linger
        server.wait_for_entry(lambda entry: entry["message"] == "sleeping for 2.0")
        server.terminate()
        told(server, "lingering")
        assert health(server.port) == 503
        says_goodbye(server.port)
        for wire in (kept, silent):
            reply = wire.ask(HELLO)
            assert (reply.status, reply.json(), reply.kept_alive) == (200, WORLD, False)
            assert wire.at_end()
        told(server, "draining")
        reply = slow.reply()
        assert (reply.status, reply.json(), reply.kept_alive) == (200, {"slept": 2.0}, False)
        assert slow.at_end()
        assert exit_code(server) == 0
        assert not [entry for entry in server.entries if entry["message"].startswith(Event.DEADLINE_HIT.value)]


def test_a_package_that_does_not_load_is_told_by_the_exit_status(start: Start, tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", packages.GENERAL_CONFIG, "raise RuntimeError('no weights here')\n")
    server = StartedServer(start, package).start(ready=False)
    try:
        assert exit_code(server) == 2
        assert any("no weights here" in line for line in server.log)
    finally:
        server.kill()


@pytest.mark.parametrize("name", ["dash", "dash-as-pid-1", "under-tini", "under-dumb-init"])
def test_arguments_win_over_the_environment(name: str, package: Path) -> None:
    BY_NAME[name].need()
    with StartedServer(BY_NAME[name], package, linger_s=600, arguments=["--linger", "0"]) as server:
        server.terminate()
        assert exit_code(server) == 0


# As PID 1


@pytest.mark.parametrize("name", ["the-server-as-pid-1", "dash-as-pid-1", "bash-as-pid-1", "busybox-as-pid-1"])
def test_orphans_are_reaped_as_pid_1(name: str, tmp_path: Path) -> None:
    """What a model starts and leaves alone becomes a child of PID 1; once it has ended, nothing of it remains."""
    BY_NAME[name].need()
    config = packages.config(packages.api("/", takes={"count": packages.INTEGER}))
    package = write_package(tmp_path / "package", config, ORPHANS)
    with StartedServer(BY_NAME[name], package, linger_s=0) as server, Wire(server.port) as wire:
        family = children(server.first)
        assert server.first == server.supervisor
        assert wire.ask(post_json("/", {"count": 5})).json() == {"started": 5}
        until(lambda: len(children(server.first)) == len(family) + 5, "the orphans do not come to PID 1")
        for orphan in set(children(server.first)) - set(family):
            os.kill(orphan, signal.SIGKILL)
        until(lambda: children(server.first) == family, "the orphans are not reaped")
        assert wire.ask(post_json("/", {"count": 0})).json() == {"started": 0}
        server.terminate()
        leaves_first(wire)
        assert exit_code(server) == 0


# Twice in turn


@contextlib.contextmanager
def a_port() -> Iterator[int]:
    """One that the kernel gives to nobody by itself, so that it stays free between two starts."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in range(low - 1, 1024, -1):
        with socket.socket() as ours, socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            probe.close()
            ours.bind(("127.0.0.2", port))  # holds the number for us among tests that run beside this one
            yield port
            return
    pytest.fail("no port is free")


@pytest.mark.parametrize("name", ["dash", "bash", "busybox", "dash-as-pid-1"])
def test_twice_in_turn_on_the_same_port(name: str, package: Path) -> None:
    BY_NAME[name].need()
    with a_port() as port:
        for _ in range(2):
            with StartedServer(BY_NAME[name], package, port=port, linger_s=0) as server, Wire(port) as wire:
                assert wire.ask(HELLO).json() == WORLD
                server.terminate()
                leaves_first(wire)
                assert exit_code(server) == 0


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        pytest.param("dash", True, id="the-whole-group"),
        pytest.param("dash", False, id="the-supervisor"),
        pytest.param("dash-as-pid-1", False, id="pid-1"),
        pytest.param("under-tini", False, id="the-supervisor-under-tini"),
    ],
)
def test_again_after_the_first_was_killed(name: str, whole: bool, package: Path) -> None:
    """SIGKILL leaves no time to close anything. Workers whose supervisor is gone leave by themselves."""
    BY_NAME[name].need()
    with a_port() as port:
        first = StartedServer(BY_NAME[name], package, port=port).start()
        try:
            with Wire(port) as wire:
                assert wire.ask(HELLO).json() == WORLD
                if whole:
                    os.killpg(first.pid, signal.SIGKILL)
                else:
                    os.kill(first.supervisor, signal.SIGKILL)
                leaves_first(wire)
                assert exit_code(first) != 0
                until(lambda: not group_lives(first.pid), "a worker stays")
            with StartedServer(BY_NAME[name], package, port=port, linger_s=0) as second, Wire(port) as wire:
                assert wire.ask(HELLO).json() == WORLD
                second.terminate()
                leaves_first(wire)
                assert exit_code(second) == 0
        finally:
            first.kill()


def test_a_second_one_beside_the_first_says_why_it_does_not_start(package: Path) -> None:
    BY_NAME["dash"].need()
    with StartedServer(BY_NAME["dash"], package, linger_s=0) as first:
        second = StartedServer(BY_NAME["dash"], package, port=first.port).start(ready=False)
        try:
            assert exit_code(second) == 3
            assert any(f"Port {first.port} on 127.0.0.1 cannot be bound" in line for line in second.log)
        finally:
            second.kill()
        with Wire(first.port) as wire:
            assert wire.ask(HELLO).json() == WORLD


def test_a_signal_is_kept_from_the_first_import_on(package: Path) -> None:
    """To process 1 a SIGTERM without a handler is nothing: while the server is being imported it is blocked."""
    BY_NAME["dash"].need()
    server = StartedServer(BY_NAME["dash"], package, linger_s=0).start(ready=False)
    try:
        until(lambda: "msgspec" in Path(f"/proc/{server.pid}/maps").read_text(), "nothing is imported")
        lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
        masks = {name: int(mask, 16) for name, _, mask in (line.partition(":\t") for line in lines) if name in HELD}
        assert (masks["SigBlk"] | masks["SigCgt"]) >> (signal.SIGTERM - 1) & 1
        server.terminate()
        assert exit_code(server) == 0
    finally:
        server.kill()
