"""Logs on standard output, unbuffered (LOG-1): text on a terminal, one JSON object a line elsewhere.

What the model prints goes the same way. A log that cannot be written (closed, or full because nobody reads) never
stops the server.
"""

from __future__ import annotations

import contextvars
import io
import logging
import os
import sys
import time
import traceback
from typing import Any

import msgspec

from hitless.serving.outlet import Outlet

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

_COLOURS = {"DEBUG": "\x1b[2m", "WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31m"}


def set_up(form: str, level: str, process: str) -> logging.Logger:
    """Send all logging of this process to standard output; `form` is text or json, `process` is said in each line."""
    handler = _Handler(_TextFormatter(process) if form == "text" else _JsonFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    return logging.getLogger("hitless")


def form_of(choice: str) -> str:
    """auto → text on a terminal, json elsewhere."""
    if choice != "auto":
        return choice
    return "text" if sys.stdout is not None and sys.stdout.isatty() else "json"


def catch_prints() -> None:
    """From now on what Python code prints, line by line, is logged: stdout as info, stderr as warning."""
    sys.stdout = _stream("stdout", logging.INFO)
    sys.stderr = _stream("stderr", logging.WARNING)


def _stream(name: str, level: int) -> io.TextIOWrapper:
    logger = logging.getLogger(name)
    logger.handlers[:], logger.propagate = (
        logging.getLogger().handlers,
        False,
    )  # not to what the model adds: it may print
    lines = io.BufferedWriter(_LineWriter(logger, level))
    return io.TextIOWrapper(lines, "utf-8", "backslashreplace", line_buffering=True)


class _Handler(logging.Handler):
    """One write a record, straight to the descriptor: nothing is buffered."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._outlet = Outlet(1)

    def emit(self, record: logging.LogRecord) -> None:
        self._outlet.write(self.format(record).encode("utf-8", "backslashreplace") + b"\n")


class _JsonFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _timestamp(record.created),
            "level": record.levelname.lower(),
            "message": _message(record),
            "process": self._process,
        }
        if record.name != "hitless":
            entry["logger"] = record.name
        entry.update(getattr(record, "fields", {}))
        identifier = getattr(record, "request_id", "") or request_id.get()
        if identifier:
            entry["request_id"] = identifier
        if record.exc_info and record.exc_info[1] is not None:
            entry["traceback"] = _sendable("".join(traceback.format_exception(record.exc_info[1])))
        return msgspec.json.encode(entry, enc_hook=str).decode()


class _TextFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process
        self._colour = sys.stdout is not None and sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def format(self, record: logging.LogRecord) -> str:
        if record.name == "stdout":
            return _message(record)
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        fields = " ".join(f"{key}={value}" for key, value in getattr(record, "fields", {}).items())
        identifier = getattr(record, "request_id", "")
        text = " ".join(part for part in (_message(record), fields, identifier and f"[{identifier}]") if part)
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        line = f"{clock} {self._process:<10} {level}{text}"
        colour = _COLOURS.get(record.levelname, "") if self._colour else ""
        return f"{colour}{line}\x1b[0m" if colour else line


def _message(record: logging.LogRecord) -> str:
    """The text of a record, also of one whose format does not fit its arguments."""
    try:
        return _sendable(record.getMessage())
    except Exception:
        return _sendable(f"{record.msg!r} % {record.args!r}")


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _timestamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


class _LineWriter(io.RawIOBase):
    """Bytes whose lines become log records."""

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self._logger = logger
        self._level = level
        self._line = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = bytes(data)
        *lines, self._line = (self._line + text).split(b"\n")
        if len(self._line) > 65_536:  # a line that does not end
            lines, self._line = [*lines, self._line], b""
        for line in lines:
            self._logger.log(self._level, "%s", line.decode("utf-8", "replace"))
        return len(text)

    def fileno(self) -> int:
        return 1
