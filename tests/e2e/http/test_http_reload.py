"""SIGHUP and --reload: a new version takes over worker by worker, no request notices; a broken one changes nothing."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import Traffic, exit_code, health
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

VERSION = request("GET /version")
SECOND = packages.LOADING.replace("VERSION = 1", "VERSION = 2")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


@pytest.fixture
def server(package: Path) -> Iterator[ServingProcess]:
    """Old workers keep their connections for their idle time, so that clients can move over."""
    with ServingProcess(package, "--workers", "2", "--linger", "5") as process:
        yield process
        process.signal(signal.SIGINT)  # skips the linger


def version(server: ServingProcess) -> int:
    with Wire(server.port) as wire:
        found: int = wire.ask(VERSION).json()["version"]
        return found


def reloaded(server: ServingProcess, times: int = 1) -> None:
    """The new version serves; old workers may take a last connection before they hear of it."""
    server.wait_for_entry(lambda _: sum("reloaded" in entry["message"] for entry in server.entries) >= times)


def settled(server: ServingProcess, number: int) -> None:
    """Nobody but the new version answers new connections."""
    until = time.monotonic() + PATIENCE_S
    while {version(server) for _ in range(10)} != {number}:
        assert time.monotonic() < until, f"version {number} does not take over"


def test_no_request_fails_while_a_new_version_takes_over(package: Path, server: ServingProcess) -> None:
    with Traffic(server.port, VERSION) as traffic:
        traffic.wait_for(lambda reply: reply.json()["version"] == 1)
        for number in (2, 3, 4):
            packages.new_version(package, packages.LOADING.replace("VERSION = 1", f"VERSION = {number}"))
            server.signal(signal.SIGHUP)
            reloaded(server, number - 1)
            settled(server, number)
            traffic.wait_for(lambda reply, number=number: reply.json()["version"] == number)
            assert health(server.port) == 200
    assert traffic.failures == []
    assert {reply.status for reply in traffic.replies} == {200}
    assert {reply.json()["version"] for reply in traffic.replies} == {1, 2, 3, 4}


def test_a_kept_connection_moves_over_with_its_next_answer(package: Path, server: ServingProcess) -> None:
    with Wire(server.port) as kept:
        assert kept.ask(VERSION).json()["version"] == 1
        packages.new_version(package, SECOND)
        server.signal(signal.SIGHUP)
        reloaded(server)
        reply = kept.ask(VERSION)
        if reply.json()["version"] == 1:  # the old worker has it, and says that it leaves
            assert not reply.kept_alive
            assert kept.at_end()


def test_a_slow_request_is_finished_by_the_version_that_began_it(tmp_path: Path) -> None:
    general = packages.general(tmp_path / "general")
    with ServingProcess(general, "--placement", "thread") as server, Wire(server.port) as slow:
        slow.send(post_json("/sleep", {"seconds": 1.5}))
        server.wait_for_entry(lambda entry: entry["message"] == "sleeping for 1.5")
        packages.new_version(general, packages.GENERAL.replace('"world"', '"universe"'))
        server.signal(signal.SIGHUP)
        reloaded(server)
        hello = {"hello": "world"}
        while hello == {"hello": "world"}:
            with Wire(server.port) as other:
                hello = other.ask(request("GET /hello")).json()
        assert hello == {"hello": "universe"}
        assert slow.reply().json() == {"slept": 1.5}


BROKEN = {
    "no-python": ("model.py", "class Model(", "SyntaxError"),
    "raises": (
        "model.py",
        "class Model:\n    def __init__(self):\n        raise RuntimeError('not today')",
        "not today",
    ),
    "dies": ("model.py", "import os\nos._exit(7)", "exit code 7"),
    "no-method": ("model.py", "class Model:\n    def predict(self, x): ...", "BIND-1"),
    "no-json": ("config.json", "{", "config.json"),
    "other-port": ("config.json", json.dumps({**packages.LOADING_CONFIG, "port": 9999}), "port"),
    "other-protocol": ("config.json", json.dumps({**packages.LOADING_CONFIG, "protocol": "https"}), "protocol"),
}


@pytest.mark.parametrize(("file", "text", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_version_changes_nothing(
    package: Path, server: ServingProcess, file: str, text: str, said: str
) -> None:
    whole = (package / file).read_text()
    with Traffic(server.port, VERSION) as traffic:
        (package / file).write_text(text)
        server.signal(signal.SIGHUP)
        entry = server.wait_for_entry(lambda entry: entry["level"] == "error" and "not loaded" in entry["message"])
        assert said in entry["message"]
        assert "the old one goes on" in entry["message"]
        traffic.wait_for(lambda reply: reply.status == 200)
        (package / file).write_text(whole)
        packages.new_version(package, SECOND)
        server.signal(signal.SIGHUP)
        reloaded(server)
        traffic.wait_for(lambda reply: reply.json()["version"] == 2)
        assert health(server.port) == 200
    assert traffic.failures == []
    assert {reply.status for reply in traffic.replies} == {200}


def test_while_the_new_version_loads_the_old_one_serves(package: Path, server: ServingProcess) -> None:
    (package / "hold").touch()
    packages.new_version(package, SECOND)
    server.signal(signal.SIGHUP)
    server.wait_for_entry(lambda entry: entry["message"] == "loading version 2")
    assert {version(server) for _ in range(10)} == {1}
    assert health(server.port) == 200
    packages.new_version(package, packages.LOADING.replace("VERSION = 1", "VERSION = 3"))
    server.signal(signal.SIGHUP)  # the second is given up for the third
    server.wait_for_entry(lambda entry: entry["message"] == "loading version 3")
    (package / "hold").unlink()
    reloaded(server)
    settled(server, 3)


def test_sigterm_during_a_reload(package: Path, server: ServingProcess) -> None:
    (package / "hold").touch()
    server.signal(signal.SIGHUP)
    server.wait_for_entry(lambda _: sum("loading" in entry["message"] for entry in server.entries) == 3)
    with Wire(server.port) as wire:
        wire.send(post_json("/", {"x": 1}))
        assert wire.reply().status == 200
    server.signal(signal.SIGTERM)
    server.wait_for_entry(lambda entry: "the server is leaving" in entry["message"])
    server.signal(signal.SIGINT)
    assert exit_code(server) == 0


def test_reload_when_a_file_changes(package: Path) -> None:
    with ServingProcess(package, "--reload") as server:
        assert version(server) == 1
        packages.new_version(package, SECOND)
        reloaded(server)
        settled(server, 2)
        packages.new_version(package, "class Model(")
        server.wait_for_entry(lambda entry: "SyntaxError" in entry["message"])
        assert version(server) == 2
        packages.new_version(package, SECOND.replace("VERSION = 2", "VERSION = 3"))
        reloaded(server, 2)
        settled(server, 3)


def test_a_silent_pooled_connection_has_its_idle_time_after_a_reload(package: Path) -> None:
    """KEEP-1 goes for the connections of the old version, too, however short the linger is."""
    with ServingProcess(package, "--linger", "0", "--keep-alive", "60") as server, Wire(server.port) as silent:
        assert silent.ask(VERSION).json()["version"] == 1
        for number in (2, 3):
            packages.new_version(package, packages.LOADING.replace("VERSION = 1", f"VERSION = {number}"))
            server.signal(signal.SIGHUP)
            reloaded(server, number - 1)
            settled(server, number)
        reply = silent.ask(VERSION)
        assert (reply.status, reply.json()["version"], reply.kept_alive) == (200, 1, False)
        assert silent.at_end()


def test_versions_that_wait_for_their_clients_do_not_pile_up(package: Path) -> None:
    with ServingProcess(package, "--keep-alive", "60") as server, contextlib.ExitStack() as stack:
        silent = []
        for number in (1, 2, 3, 4):
            if number > 1:
                packages.new_version(package, packages.LOADING.replace("VERSION = 1", f"VERSION = {number}"))
                server.signal(signal.SIGHUP)
                reloaded(server, number - 1)
                settled(server, number)
            silent.append(stack.enter_context(Wire(server.port)))
            assert silent[-1].ask(VERSION).json()["version"] == number
        assert silent[0].at_end(), "the oldest of three has left"
        assert [wire.ask(VERSION).json()["version"] for wire in silent[1:]] == [2, 3, 4]
        server.signal(signal.SIGINT)
