"""`hitless reload`: the running server takes over the new version, or says that it does not."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.command_line import hitless
from tests.e2e.http import packages
from tests.e2e.http.wire import Wire, request
from tests.e2e.serving_process import ServingProcess

SECOND = packages.LOADING.replace("VERSION = 1", "VERSION = 2")
BROKEN = packages.LOADING.replace("VERSION = 1", "VERSION = nothing_like_that")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


@pytest.fixture
def server(package: Path) -> Iterator[ServingProcess]:
    with ServingProcess(package, "--workers", "2") as process:
        yield process


def version(server: ServingProcess) -> int:
    with Wire(server.port) as wire:
        found: int = wire.ask(request("GET /version")).json()["version"]
        return found


def test_a_new_version(package: Path, server: ServingProcess) -> None:
    packages.new_version(package, SECOND)
    done = hitless("reload", str(package), "--port", str(server.port))
    assert (done.returncode, done.stdout) == (0, "The new version serves.\n"), done.stderr
    server.wait_for_entry(lambda entry: "reloaded" in entry["message"])


def test_a_version_that_does_not_load(package: Path, server: ServingProcess) -> None:
    packages.new_version(package, BROKEN)
    done = hitless("reload", str(package), "--port", str(server.port))
    assert (done.returncode, done.stderr) == (1, "")
    assert "the old one goes on" in done.stdout
    assert version(server) == 1
    assert "nothing_like_that" in str(server.entries)


def test_a_package_that_is_wrong_is_told_at_once(package: Path, server: ServingProcess) -> None:
    (package / "config.json").write_text("{")
    done = hitless("reload", str(package), "--port", str(server.port))
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.json" in done.stderr
    assert not any("reload" in entry["message"] for entry in server.entries)
    assert version(server) == 1


def test_nobody_listens(package: Path) -> None:
    done = hitless("reload", str(package), "--port", "1")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Nothing listens on port 1" in done.stderr


def test_a_stranger_is_left_alone(package: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        done = hitless("reload", str(package), "--port", str(stranger.getsockname()[1]))
    assert done.returncode == 3
    assert "no server of hitless" in done.stderr


def test_a_server_that_does_not_say(package: Path) -> None:
    with ServingProcess(package, "--no-metrics") as server:
        done = hitless("reload", str(package), "--port", str(server.port))
        assert done.returncode == 3
        assert "Its log will say" in done.stderr
        server.wait_for_entry(lambda entry: "reloaded" in entry["message"])
        server.signal(signal.SIGINT)
