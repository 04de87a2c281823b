"""Runs the commands of a Markdown document as its reader would, and compares what they print.

    ```console                a line with `$ ` is a command, the lines below it are what it prints, `…` is anything;
    $ hitless predict mine    with no lines below it, it may print what it likes.
    {"price":1}               A block without a command: what the server prints next.
    ```
    ```console fails          the last command of the block ends with another exit code than 0
    ```python mine/model.py   a block with a file's name is written into that file

A server is started in the background, and stopped by the next one, or at the end. It gets a free port instead of 8080.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_BLOCK = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SERVERS = ("hitless serve", "make demo")
_RETRIED = ("curl ", "hitless predict http")  # a server may be about to load what has just been written
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Write:
    path: str
    text: str


@dataclass(frozen=True)
class Run:
    """A command and what it should print; None: whatever it does."""

    command: str
    expected: str | None
    fails: bool = False


@dataclass(frozen=True)
class Hear:
    """What the server that runs should print next."""

    expected: str


Step = Write | Run | Hear


def steps_of(markdown: str) -> list[Step]:
    """What a reader of the document does, in order."""
    return [step for kind, name, text in _BLOCK.findall(markdown) for step in _steps(kind, name, text)]


def _steps(kind: str, name: str, text: str) -> Iterator[Step]:
    if kind != "console":
        if name:
            yield Write(name, text)
        return
    before, *commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if before:
        yield Hear(before)
    for index, command in enumerate(commands):
        line, _, output = command.partition("\n")
        yield Run(line, output or None, fails=name == "fails" and index == len(commands) - 1)


class Reader:
    """Carries the steps out in a folder. AssertionError where the document is wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._log = folder / ".server-log"
        self._heard = 0
        self._port = str(_free_port())

    def do(self, step: Step) -> None:
        match step:
            case Write(path, text):
                (self._folder / path).write_text(self._adapted(text), encoding="utf-8")
            case Hear(expected):
                self._hear(expected)
            case Run(command, expected) if command.startswith(_SERVERS):
                self._serve(command, expected or "ready in")
            case Run():
                self._run(step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._log.exists():
            error.add_note(f"the server's output:\n{self._log.read_text(encoding='utf-8')}")
        self._stop()

    def _adapted(self, text: str) -> str:
        return text.replace(":8080", f":{self._port}")

    def _environment(self) -> dict[str, str]:
        (self._folder / ".curlrc").write_text("no-progress-meter\n")  # a terminal shows none for a short answer
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HITLESS_", "FORCE_COLOR"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"PATH": path, "CURL_HOME": str(self._folder), "NO_COLOR": "1", "COLUMNS": "120"}
        server = {"HITLESS_PORT": self._port, "HITLESS_WORKERS": "1", "HITLESS_LOG_FORMAT": "text"}
        return {**kept, **ours, **server}

    def _run(self, step: Run) -> None:
        until = time.monotonic() + (_PATIENCE_S if step.command.startswith(_RETRIED) and step.expected else 0)
        while True:
            done = subprocess.run(
                ["bash", "-c", self._adapted(step.command)], cwd=self._folder, env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_PATIENCE_S,
                check=False,
            )  # fmt: skip
            output = done.stdout.decode()
            as_said = step.expected is None or _matches(self._adapted(step.expected), output)
            if (as_said and (done.returncode != 0) is step.fails) or time.monotonic() > until:
                break
            time.sleep(0.2)
        assert (done.returncode != 0) is step.fails, f"$ {step.command}\nexit code {done.returncode}\n{output}"
        assert as_said, f"$ {step.command}\nshould print\n{step.expected}\nbut prints\n{output}"

    def _serve(self, command: str, expected: str) -> None:
        self._stop()
        self._heard = 0
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                shlex.split(self._adapted(command), comments=True), cwd=self._folder, env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._hear(expected)

    def _hear(self, expected: str) -> None:
        assert self._server is not None, "no server has been started"
        pattern = re.compile(_pattern(self._adapted(expected)), re.DOTALL)
        until = time.monotonic() + _PATIENCE_S
        while (found := pattern.search(_plain(self._log.read_bytes().decode()), self._heard)) is None:
            assert self._server.poll() is None, f"the server has ended with {self._server.poll()}"
            assert time.monotonic() < until, f"the server should print\n{expected}"
            time.sleep(0.05)
        self._heard = found.end()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is None or server.poll() is not None:
            return
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            raise


def _matches(expected: str, output: str) -> bool:
    return re.fullmatch(_pattern(expected), _plain(output), re.DOTALL) is not None


def _pattern(expected: str) -> str:
    return ".*?".join(re.escape(part) for part in _plain(expected).split("…"))


def _plain(text: str) -> str:
    """Without the space at the ends of lines, which nobody sees."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
