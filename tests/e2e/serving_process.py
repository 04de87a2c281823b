"""A real server in a process of its own, as tests start one; it never outlives the test.

with ServingProcess("examples/mnist", "--playground") as server:
    httpx.get(server.url + "/health")
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STARTED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0
# Where there is setpriv (util-linux), the kernel kills the server when the tests are killed; its workers follow it.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


class ServingProcess:
    """`python -m hitless.serving` on a free port of the loopback, with one worker unless told otherwise.

    `arguments` are options of the server, and override these. `log` holds every line that the
    server wrote, `port` and `url` are known once `start` has returned.
    """

    def __init__(
        self, package: str | os.PathLike[str], *arguments: str, environ: Mapping[str, str] | None = None
    ) -> None:
        defaults = ("--host", "127.0.0.1", "--port", "0", "--workers", "1", "--linger", "0", "--log-format", "json")
        self.command = [
            *DIES_WITH_US,
            sys.executable,
            "-m",
            "hitless.serving",
            os.fspath(package),
            *defaults,
            *arguments,
        ]
        self.log: list[str] = []
        self.port = 0
        self._environ = {**os.environ, **(environ or {})}
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._changed = threading.Condition()
        self._ended = False

    def start(self, *, ready: bool = True) -> Self:
        """Start, and wait for the line that says it is ready; with `ready=False` do not wait (`port` stays 0)."""
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environ,
            start_new_session=True,  # a Ctrl-C at the terminal ends the tests, and they end the server
        )
        self._reader.start()
        if ready:
            try:
                self.port = int(self.wait_for_entry(lambda entry: entry.get("message") == "ready")["port"])
            except BaseException:
                self.kill()
                raise
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        return self._started().pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._started().poll()

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log that are JSON objects."""
        return [entry for line in list(self.log) if (entry := _entry(line)) is not None]

    def wait_for_entry(
        self, wanted: Callable[[dict[str, Any]], bool], *, within_s: float = STARTED_WITHIN_S
    ) -> dict[str, Any]:
        """The first entry of the log for which `wanted` holds, old ones too; AssertionError with the log if none."""
        seen = 0
        found: list[dict[str, Any]] = []

        def look() -> bool:
            nonlocal seen
            fresh, seen = self.log[seen:], len(self.log)
            found.extend(entry for line in fresh if (entry := _entry(line)) is not None and wanted(entry))
            return bool(found) or self._ended

        with self._changed:
            self._changed.wait_for(look, within_s)
        if not found:
            self._wait_for_exit()
            state = "it has ended" if self._ended else f"waited for {within_s:g} s"
            raise AssertionError(f"the server's log lacks what was waited for ({state}); {self.report()}")
        return found[0]

    def signal(self, number: int) -> None:
        """Send a signal to the supervisor only."""
        self._started().send_signal(number)

    def hear_out(self, within_s: float = 1.0) -> None:
        """Of one that has ended: all that it wrote is in the log then, unless another process holds its output open."""
        self._reader.join(within_s)

    def stop(self, *, within_s: float = STOPPED_WITHIN_S) -> int:
        """SIGTERM, and SIGKILL for the whole family where that does not end it (AssertionError). The exit code."""
        process = self._started()
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server did not stop within {within_s:g} s; {self.report()}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """End the supervisor and its workers at once; nothing happens where they have ended."""
        process = self._started()
        if process.returncode is None or _group_lives(process.pid):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                process.kill()
        process.wait()
        self._reader.join(5)

    def report(self) -> str:
        """For a failing test: the command and the end of the log."""
        tail = "\n  ".join(self.log[-60:]) or "(nothing)"
        return f"exit code {self._started().poll()}, command {' '.join(self.command)}, log:\n  {tail}"

    def __enter__(self) -> Self:
        return self if self._process is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
            return
        error.add_note(f"the server: {self.report()}")
        self.kill()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process

    def _wait_for_exit(self) -> None:
        """Its output has ended: the exit code follows at once."""
        if self._ended:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._started().wait(5)

    def _read(self) -> None:
        output = self._started().stdout
        assert output is not None
        with output:
            for line in output:
                with self._changed:
                    self.log.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except OSError:
        return False
    return True


def write_package(folder: Path, config: Mapping[str, Any], model: str, settings: str = "") -> Path:
    """A package in `folder`, which is made: config.json, model.py and, where there are settings, hitless.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.py").write_text(model, encoding="utf-8")
    if settings:
        (folder / "hitless.toml").write_text(settings, encoding="utf-8")
    return folder
