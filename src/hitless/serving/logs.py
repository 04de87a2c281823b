"""Logs on standard output, unbuffered (LOG-1): text on a terminal, one JSON object a line elsewhere.

What the model prints goes the same way. A log that cannot be written (closed pipe) never stops the server.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import logging
import os
import sys
import time
import traceback
from typing import Any

import msgspec

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
    sys.stdout = _PrintStream(logging.getLogger("stdout"), logging.INFO)
    sys.stderr = _PrintStream(logging.getLogger("stderr"), logging.WARNING)


class _Handler(logging.Handler):
    """One write a record, straight to the descriptor: nothing is buffered, nothing is torn between workers."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
        except Exception:
            line = f"{record.msg!r} % {record.args!r}\n".encode("utf-8", "backslashreplace")
        with contextlib.suppress(OSError):
            while line:
                line = line[os.write(1, line) :]


class _JsonFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _timestamp(record.created),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "process": self._process,
        }
        if record.name != "hitless":
            entry["logger"] = record.name
        entry.update(getattr(record, "fields", {}))
        identifier = getattr(record, "request_id", "") or request_id.get()
        if identifier:
            entry["request_id"] = identifier
        if record.exc_info and record.exc_info[1] is not None:
            entry["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return msgspec.json.encode(entry).decode()


class _TextFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process
        self._colour = sys.stdout is not None and sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def format(self, record: logging.LogRecord) -> str:
        if record.name == "stdout":
            return record.getMessage()
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        fields = " ".join(f"{key}={value}" for key, value in getattr(record, "fields", {}).items())
        identifier = getattr(record, "request_id", "")
        text = " ".join(part for part in (record.getMessage(), fields, identifier and f"[{identifier}]") if part)
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        line = f"{clock} {self._process:<10} {level}{text}"
        colour = _COLOURS.get(record.levelname, "") if self._colour else ""
        return f"{colour}{line}\x1b[0m" if colour else line


def _timestamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


class _PrintStream(io.TextIOBase):
    """A text stream whose lines become log records."""

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self._logger = logger
        self._level = level
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._logger.log(self._level, "%s", line)
        if len(self._line) > 65_536:  # a line that does not end
            self.flush()
        return len(text)

    def flush(self) -> None:
        line, self._line = self._line, ""
        if line:
            self._logger.log(self._level, "%s", line)

    def fileno(self) -> int:
        return 1
