"""A package's folder, or the unpacked root of an image, as a plain process of this machine: no engine, no isolation.

The port is a free one of the loopback, told in HITLESS_PORT: that is for servers of ours, others do not know it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping

from hitless.engines.calling import begun
from hitless.engines.child import Child
from hitless.engines.memory import memory_of_processes
from hitless.engines.running import Address, Start
from hitless.errors import InputError, Problem, UnavailableError
from hitless.images.configuration import Configuration

_LOOPBACK = "127.0.0.1"
_THERE = 'cd "$0" && exec "$@"'  # for sh, which an image has (BOOT-1): chroot itself starts in /


class ProcessEngine:
    """`configuration`: of the image whose root the subject is, unpacked; None: the subject is a package's folder."""

    name = "process"

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = configuration

    def start(self, start: Start) -> RunningProcess:
        if start.read_only or start.writable:
            remedy = "Use a container engine for that."
            raise InputError([Problem("ENG-1", "a plain process has no root of its own to be read-only", remedy)])
        port = _free_port() if start.port else 0
        known = os.environ if self._configuration is None else self._configuration.environment
        environment = {**known, "HITLESS_HOST": _LOOPBACK, "HITLESS_PORT": str(port), **start.environment}
        return RunningProcess(process_command(start, self._configuration), environment, port)


def process_command(start: Start, configuration: Configuration | None) -> list[str]:
    """What is run. As another user with setpriv or chroot (util-linux, coreutils), which need root."""
    if configuration is None:
        command = [*(start.command or (sys.executable, "-m", "hitless.serving", start.subject))]
        return [*_as_user(start.user), *command]
    command = [*(start.command or configuration.effective_command)]
    user = start.user or configuration.user or "0:0"
    return [
        "chroot",
        f"--userspec={user}",
        start.subject,
        "sh",
        "-c",
        _THERE,
        configuration.working_dir or "/",
        *command,
    ]


def _as_user(user: str) -> list[str]:
    if not user:
        return []
    uid, _, gid = user.partition(":")
    return ["setpriv", f"--reuid={uid}", f"--regid={gid or uid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((_LOOPBACK, 0))
        port: int = free.getsockname()[1]
        return port


class RunningProcess(Child):
    """One process with all that it starts, in a session of its own; its output is kept in memory."""

    lacks = ("it shares this machine's network, files and processes, without limits",)

    def __init__(self, command: list[str], environment: Mapping[str, str], port: int) -> None:
        super().__init__(begun(command, environment))
        self._port = port

    def address(self) -> Address:
        if not self._port:
            raise UnavailableError("the process has no address: it was started without a port")
        return Address(_LOOPBACK, self._port)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def memory_bytes(self) -> int | None:
        return memory_of_processes(self._process.pid)

    def written(self) -> tuple[str, ...] | None:
        """Nobody tells what of this machine's files is from whom."""
        return None

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        """Nobody tells which of this machine's sockets are whose."""
        return None

    def remove(self) -> None:
        """What it left behind in its session goes, too."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
