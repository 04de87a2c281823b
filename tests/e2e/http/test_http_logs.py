"""Everything goes to standard output (LOG-1), a JSON object a line: the server's words, the model's, each request."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import connect, free_port
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess, write_package

CONFIG = packages.config(packages.api("/", takes={"how": packages.STRING}))
TALKING = """
import ctypes
import logging
import os
import sys
import warnings

print("imported")


class Model:
    def predict(self, how: str):
        if how == "print":
            print("line one", "of two", sep=" ")
            print("line", end=" ")
            print("two")
        if how == "stderr":
            print("to stderr", file=sys.stderr)
        if how == "native":
            os.write(2, b"native words\\n")
        if how == "native-out":
            os.write(1, b"native output\\n")
        if how == "logging":
            logging.getLogger("my.model").warning("a %s", "warning")
            logging.getLogger("my.model").debug("a detail")
        if how == "warning":
            warnings.warn("deprecated thing")
        if how == "unicode":
            print("caf\\xe9 \\u20ac \\ud800")
        if how == "long":
            print("x" * 200_000)
        if how == "exception":
            try:
                raise KeyError("inner")
            except KeyError:
                logging.exception("caught")
        if how == "crash":
            ctypes.string_at(0)
        return {"how": how}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(tmp_path_factory.mktemp("logs") / "package", CONFIG, TALKING)


@pytest.fixture(scope="module")
def server(package: Path) -> Iterator[ServingProcess]:
    with ServingProcess(package, "--access-log") as process:
        yield process


@pytest.mark.parametrize(
    ("how", "message", "level"),
    [
        pytest.param("print", "line one of two", "info", id="print"),
        pytest.param("print", "line two", "info", id="a-line-in-pieces"),
        pytest.param("stderr", "to stderr", "warning", id="stderr"),
        pytest.param("native", "native words", "warning", id="native-stderr"),
        pytest.param("logging", "a warning", "warning", id="logging"),
        pytest.param("unicode", "café €", "info", id="no-ascii"),
        pytest.param("exception", "caught", "error", id="exception"),
    ],
)
def test_what_a_model_says_is_in_the_log(server: ServingProcess, how: str, message: str, level: str) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": how})).status == 200
    entry = server.wait_for_entry(lambda entry: message in entry["message"])
    assert entry["level"] == level
    assert entry["process"]
    if how == "exception":
        assert "KeyError: 'inner'" in entry["traceback"]


def test_a_warning_of_python(server: ServingProcess) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": "warning"})).status == 200
    server.wait_for_entry(lambda entry: "deprecated thing" in entry["message"])


def test_prints_name_the_request(server: ServingProcess) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": "print"}, "X-Request-Id: who-printed")).status == 200
    server.wait_for_entry(lambda e: e["message"] == "line one of two" and e.get("request_id") == "who-printed")


def test_what_native_code_writes_comes_through(server: ServingProcess) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": "native-out"})).status == 200
    until = time.monotonic() + PATIENCE_S
    while not any("native output" in line for line in server.log):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_long_line_is_no_harm(server: ServingProcess) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": "long"})).status == 200
        server.wait_for_entry(lambda entry: "xxxxxxxx" in entry["message"])
        assert wire.ask(request("GET /health")).status == 200


def entry_of(server: ServingProcess, identifier: str) -> dict[str, Any]:
    return server.wait_for_entry(lambda entry: entry.get("request_id") == identifier)


def test_every_request_is_a_line(server: ServingProcess) -> None:
    with Wire(server.port) as wire:
        wire.ask(post_json("/", {"how": "no"}, "X-Request-Id: line-200"))
        wire.ask(request("GET /a%20b?secret=1", "X-Request-Id: line-404"))
        wire.ask(request("HEAD /health", "X-Request-Id: line-head"))
    for identifier, method, path, status in (
        ("line-200", "POST", "/", 200),
        ("line-404", "GET", "/a%20b", 404),
        ("line-head", "HEAD", "/health", 200),
    ):
        entry = entry_of(server, identifier)
        assert (entry["message"], entry["method"], entry["path"], entry["status"]) == ("request", method, path, status)
        assert entry["ms"] >= 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])


def test_every_line_is_one_entry(server: ServingProcess) -> None:
    """Nothing is torn, and nothing but entries is written, but for what native code writes past Python."""
    with Wire(server.port) as wire:
        wire.ask(request("GET /health", "X-Request-Id: the-last"))
    entry_of(server, "the-last")
    others = [line for line in server.log if not line.startswith("{")]
    assert set(others) <= {"native output"}


def test_a_crash_in_native_code_leaves_its_last_words(package: Path) -> None:
    with ServingProcess(package) as server:
        with Wire(server.port) as wire, pytest.raises((EOFError, ConnectionResetError)):
            wire.ask(post_json("/", {"how": "crash"}))
        entry = server.wait_for_entry(lambda entry: "died" in entry["message"])
        assert "SIGSEGV" in entry["message"]
        assert "Segmentation fault" in entry["message"]
        assert "model.py" in entry["message"]
        with Wire(server.port) as wire:
            assert wire.ask(post_json("/", {"how": "no"})).status == 200


def test_text_for_people(package: Path) -> None:
    server = ServingProcess(package, "--port", str(port := free_port()), "--log-format", "text", "--access-log")
    with server.start(ready=False):
        with connect(port) as wire:
            assert wire.ask(post_json("/", {"how": "print"}, "X-Request-Id: for-people")).status == 200
        until = time.monotonic() + PATIENCE_S
        while not any("for-people" in line and "status=200" in line for line in server.log):
            assert time.monotonic() < until, server.report()
            time.sleep(0.01)
        assert "line one of two" in server.log
        assert not [line for line in server.log if line.startswith("{")]


def test_levels(package: Path) -> None:
    with ServingProcess(package, "--log-level", "debug") as server, Wire(server.port) as wire:
        assert wire.ask(post_json("/", {"how": "logging"})).status == 200
        server.wait_for_entry(lambda entry: entry["message"] == "a detail" and entry["level"] == "debug")


def test_a_log_that_nobody_reads_any_more_stops_nothing(package: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "hitless.serving", str(package), "--host", "127.0.0.1", "--port", str(port),
               "--workers", "1", "--linger", "0", "--access-log"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        with connect(port) as wire:
            assert wire.ask(post_json("/", {"how": "print"})).status == 200
            assert process.stdout is not None
            process.stdout.close()
            for how in ("print", "stderr", "native", "logging") * 3:
                assert wire.ask(post_json("/", {"how": how})).status == 200
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()


def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    """A full pipe: requests are answered, and the goodbye is in time."""
    package = packages.general(tmp_path / "package")
    port = free_port()
    command = [sys.executable, "-m", "hitless.serving", str(package), "--port", str(port), "--workers", "2",
               "--linger", "0.5", "--deadline", "10", "--access-log", "--log-format", "json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            with connect(port) as wire:
                for _ in range(2000):
                    assert wire.ask(request("GET /hello")).status == 200
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
            assert process.stdout is not None
            assert len(process.stdout.read()) < 2000 * 100
        finally:
            process.kill()
