"""Log lines, as text and as JSON: fields, tracebacks, hostile strings; prints become lines; no log stops the server."""
# ruff: noqa: T201 (that is what is tested)

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hitless.serving import logs


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, streams = root.handlers[:], root.level, (sys.stdout, sys.stderr)
    yield
    root.handlers[:], root.level = handlers, level
    for name in ("stdout", "stderr"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    sys.stdout, sys.stderr = streams
    logging.captureWarnings(False)


def record(message: object = "hello", *arguments: object, level: int = logging.INFO, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("hitless", level, "file.py", 1, message, arguments, None)
    made.created = 1_700_000_000.0625
    vars(made).update(more)
    return made


def raised(error: Exception) -> Any:
    try:
        raise error
    except Exception as caught:
        return type(caught), caught, caught.__traceback__


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = logs._JsonFormatter("worker 0").format(made)
    assert "\n" not in line
    parsed = json.loads(line)
    assert isinstance(parsed, dict)
    return parsed


def as_text(made: logging.LogRecord) -> str:
    return logs._TextFormatter("worker 0").format(made)


# JSON


def test_a_line_of_json() -> None:
    assert as_json(record("%s is %d", "x", 5)) == {
        "time": "2023-11-14T22:13:20.062Z",
        "level": "info",
        "message": "x is 5",
        "process": "worker 0",
    }


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"level": logging.WARNING}, {"level": "warning"}, id="level"),
        pytest.param({"name": "model.code"}, {"logger": "model.code"}, id="logger-of-others"),
        pytest.param({"fields": {"status": 200, "ms": 1.5}}, {"status": 200, "ms": 1.5}, id="fields"),
        pytest.param({"request_id": "id-1"}, {"request_id": "id-1"}, id="request-id"),
        pytest.param({"exc_info": (None, None, None)}, {}, id="no-exception-after-all"),
        pytest.param(
            {"fields": {"path": "\u2028\n\x00\x1b[31m"}}, {"path": "\u2028\n\x00\x1b[31m"}, id="hostile-field"
        ),
    ],
)
def test_what_json_says_more(more: dict[str, Any], expected: dict[str, Any]) -> None:
    usual = {"time": "2023-11-14T22:13:20.062Z", "level": "info", "message": "hello", "process": "worker 0"}
    assert as_json(record(**more)) == usual | expected


@pytest.mark.parametrize(
    "message",
    ["two\nlines", "\r", "\x1b[2J", '{"level": "error"}', "\u2028", "\x00", "\x7f", '"', "\\", "ü€😀", ""],
    ids=ascii,
)
def test_hostile_messages_stay_one_line(message: str) -> None:
    assert as_json(record("%s", message))["message"] == message


def test_a_traceback_is_one_field() -> None:
    entry = as_json(record(exc_info=raised(ValueError("two\nlines"))))
    assert entry["traceback"].startswith("Traceback (most recent call last):\n")
    assert entry["traceback"].endswith("ValueError: two\nlines\n")


def test_the_request_id_of_the_context() -> None:
    token = logs.request_id.set("id-9")
    try:
        assert as_json(record())["request_id"] == "id-9"
        assert as_json(record(request_id="id-1"))["request_id"] == "id-1"
    finally:
        logs.request_id.reset(token)


# Text


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(record("%s is %d", "x", 5), "worker 0   x is 5", id="info"),
        pytest.param(record(level=logging.ERROR), "worker 0   error: hello", id="error"),
        pytest.param(record(fields={"a": 1, "b": "x"}), "worker 0   hello a=1 b=x", id="fields"),
        pytest.param(record(request_id="id-1"), "worker 0   hello [id-1]", id="request-id"),
        pytest.param(record("", fields={"a": 1}), "worker 0   a=1", id="nothing-but-fields"),
    ],
)
def test_a_line_of_text(made: logging.LogRecord, expected: str) -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d " + re.escape(expected), as_text(made))


def test_a_traceback_as_text() -> None:
    lines = as_text(record("failed", exc_info=raised(KeyError("x")))).splitlines()
    assert lines[0].endswith("failed")
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1] == "KeyError: 'x'"


def test_what_the_model_prints_is_text_as_it_is() -> None:
    assert as_text(record("  a b", name="stdout")) == "  a b"


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert as_text(record(level=logging.ERROR)).startswith("\x1b[31m")
    assert as_text(record(level=logging.ERROR)).endswith("\x1b[0m")
    assert "\x1b" not in as_text(record())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in as_text(record(level=logging.ERROR))


@pytest.mark.parametrize(
    ("choice", "terminal", "expected"),
    [
        pytest.param("auto", True, "text", id="terminal"),
        pytest.param("auto", False, "json", id="elsewhere"),
        pytest.param("text", False, "text", id="text"),
        pytest.param("json", True, "json", id="json"),
    ],
)
def test_form_of(monkeypatch: pytest.MonkeyPatch, choice: str, terminal: bool, expected: str) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert logs.form_of(choice) == expected


def test_without_any_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert logs.form_of("auto") == "json"
    assert as_text(record()).endswith("hello")


# The whole way


def written(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_all_logging_goes_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    log = logs.set_up("json", "info", "supervisor")
    log.info("one")
    logging.getLogger("somebody").warning("two")
    log.debug("not wanted")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("three", stacklevel=1)
    lines = written(capfd)
    assert [(line["level"], line.get("logger")) for line in lines] == [
        ("info", None), ("warning", "somebody"), ("warning", "py.warnings"),
    ]  # fmt: skip
    assert [line["process"] for line in lines] == ["supervisor"] * 3
    assert "three" in lines[2]["message"]


def test_text_goes_the_same_way(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", "debug", "worker 1").debug("one")
    assert capfd.readouterr().out.endswith("worker 1   debug: one\n")


def test_a_long_line_is_written_whole(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info", "x").info("%s", "x" * 300_000)
    [line] = written(capfd)
    assert len(line["message"]) == 300_000


def test_a_closed_pipe_stops_nobody() -> None:
    read, write = os.pipe()
    saved = os.dup(1)
    os.dup2(write, 1)
    os.close(read)
    os.close(write)
    try:
        logs.set_up("json", "info", "x").info("nobody hears it")
    finally:
        os.dup2(saved, 1)
        os.close(saved)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        pytest.param("%d", ("x",), id="arguments-that-do-not-fit"),
        pytest.param("%s", ("\udcff",), id="lone-surrogate"),
    ],
)
def test_every_line_is_json(capfd: pytest.CaptureFixture[str], message: str, arguments: tuple[object, ...]) -> None:
    logs.set_up("json", "info", "x").error(message, *arguments)
    [line] = written(capfd)
    assert line["level"] == "error"


def test_nothing_is_lost_that_cannot_be_formatted(capfd: pytest.CaptureFixture[str]) -> None:
    log = logs.set_up("json", "info", "x")
    log.error("%d apples", "no")
    log.error("%s", "\udcff")
    out = capfd.readouterr().out
    assert "apples" in out
    assert "no" in out
    assert "udcff" in out or "?" in out
    assert out.count("\n") == 2


# What the model prints


def test_prints_become_lines(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info", "worker 0")
    logs.catch_prints()
    print("one", "two")
    print("three\nfour")
    print("begun", end=" ")
    print("and ended")
    print("warned", file=sys.stderr)
    print("without", end=" ", flush=True)
    print("an end", end="\n")
    assert [(line["logger"], line["level"], line["message"]) for line in written(capfd)] == [
        ("stdout", "info", "one two"),
        ("stdout", "info", "three"),
        ("stdout", "info", "four"),
        ("stdout", "info", "begun and ended"),
        ("stderr", "warning", "warned"),
        ("stdout", "info", "without an end"),
    ]


def test_a_print_that_does_not_end_is_cut(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info", "worker 0")
    logs.catch_prints()
    for _ in range(100):
        print("x" * 1000, end="", flush=True)
    [line] = written(capfd)
    assert 65_000 < len(line["message"]) < 75_000


def test_what_libraries_ask_of_a_stream(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info", "worker 0")
    logs.catch_prints()
    assert sys.stdout.writable()
    assert not sys.stdout.isatty()
    assert sys.stdout.fileno() == 1
    assert sys.stdout.encoding.lower() == "utf-8"
    assert sys.stdout.write("abc\n") == 4
    sys.stdout.buffer.write(b"bytes \xff\n")
    sys.stdout.flush()
    assert [line["message"] for line in written(capfd)] == ["abc", "bytes \ufffd"]


def test_a_lone_surrogate_can_be_printed(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info", "worker 0")
    logs.catch_prints()
    print("name \udcff")
    assert [line["message"] for line in written(capfd)] == ["name \\udcff"]


@pytest.mark.parametrize(
    "configure",
    [
        pytest.param(lambda: logging.getLogger().addHandler(logging.StreamHandler()), id="handler"),
        pytest.param(lambda: logging.getLogger().addHandler(logging.StreamHandler(sys.stdout)), id="handler-to-stdout"),
        pytest.param(lambda: logging.basicConfig(level="INFO", stream=sys.stdout, force=True), id="basic-config"),
    ],
)
def test_a_model_may_have_log_handlers_of_its_own(
    capfd: pytest.CaptureFixture[str], configure: Callable[[], None]
) -> None:
    logs.set_up("json", "info", "worker 0")
    logs.catch_prints()
    configure()
    logging.getLogger("model").warning("logged")
    print("printed")
    messages = [line["message"] for line in written(capfd)]
    assert 1 <= sum("logged" in message for message in messages) <= 2
    assert messages.count("printed") == 1
