"""The ways in which a server is started and told to stop, as data; and a server started in one of them.

A PID namespace of its own gives a PID 1 as a container has it: one without default actions for signals, that inherits
every orphan.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from tests.e2e.serving_process import DIES_WITH_US, ServingProcess
from tests.hitless.shells import need

from hitless.building.bootfile import boot_file

NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
DEAF = ("sh", "-c", '"$@" & wait "$!"', "deaf")  # as PID 1 it ignores SIGTERM, and passes nothing on
# Nothing can be written, and there is no home. The capability is for checkouts that only their owner may read.
AS_1000 = (
    "setpriv", "--reuid=1000", "--regid=100", "--clear-groups", "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search", "env", "-u", "HOME",
)  # fmt: skip
ON_A_READ_ONLY_ROOT = ("sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "read-only", *AS_1000)

Recipient = Literal["first", "group", "server"]


@dataclass(frozen=True)
class Start:
    """`before` precedes the boot file, or the server itself if `boot` is False; `pid_1`: in a PID namespace.

    `recipient` gets the SIGTERM: the first process (PID 1), the whole process group, or the server's supervisor.
    """

    id: str
    before: tuple[str, ...]
    recipient: Recipient = "first"
    pid_1: bool = True
    boot: bool = True
    must_work: tuple[str, ...] = ()  # a command, where it is no matter of course that `before` can be done

    def need(self) -> None:
        """Skip the test where this machine cannot start so."""
        need(*self.before[:1])
        if self.pid_1 and not _works((*NAMESPACE, "true")):
            pytest.skip("a PID namespace needs unshare (util-linux) and root")
        if self.must_work and not _works(self.must_work):
            pytest.skip(f"this does not work here: {' '.join(self.must_work)}")


STARTS: Sequence[Start] = (
    Start("the-server-as-pid-1", (), boot=False),
    Start("dash-as-pid-1", ("dash",)),
    Start("bash-as-pid-1", ("bash",)),
    Start("bash-as-sh-as-pid-1", ("bash", "--posix")),
    Start("busybox-as-pid-1", ("busybox", "sh")),
    Start("dash", ("dash",), pid_1=False),
    Start("bash", ("bash",), pid_1=False),
    Start("busybox", ("busybox", "sh"), pid_1=False),
    Start("under-tini", ("tini", "--", "sh")),
    Start("under-tini-to-its-group", ("tini", "-g", "--", "sh")),
    Start("under-dumb-init", ("dumb-init", "sh")),
    Start("under-a-deaf-pid-1-group", (*DEAF, "sh"), recipient="group"),
    Start("under-a-deaf-pid-1-server", (*DEAF, "sh"), recipient="server"),
    Start(
        "as-1000-100-on-a-read-only-root",
        (*ON_A_READ_ONLY_ROOT, "sh"),
        must_work=(*NAMESPACE, *ON_A_READ_ONLY_ROOT, sys.executable, "-c", "import hitless.serving"),
    ),
)


class StartedServer(ServingProcess):
    """The server of a package, started in one of these ways, by options of the environment (as images are told)."""

    def __init__(
        self, start: Start, package: Path, *, port: int = 0, linger_s: float = 1.5, arguments: Sequence[str] = ()
    ):
        options = {
            "HITLESS_HOST": "127.0.0.1", "HITLESS_PORT": str(port), "HITLESS_WORKERS": "1",
            "HITLESS_LINGER": str(linger_s), "HITLESS_DEADLINE": "20", "HITLESS_LOG_FORMAT": "json",
            "HITLESS_PLACEMENT": "thread", "HITLESS_THREADS": "4",
        }  # fmt: skip
        super().__init__(package, environ=options)
        script = package.parent / "run.sh"
        script.write_text(boot_file(python=sys.executable, package=str(package)), encoding="utf-8", newline="")
        ours = [str(script)] if start.boot else [sys.executable, "-m", "hitless.serving", str(package)]
        self.command = [
            *DIES_WITH_US, *(NAMESPACE if start.pid_1 else ()), *start.before, *ours, *arguments
        ]  # fmt: skip
        self._start = start

    @property
    def first(self) -> int:
        """The first process that was started: PID 1 of the namespace (its number out here), or the shell's own."""
        return children(self.pid)[0] if self._start.pid_1 else self.pid

    @property
    def supervisor(self) -> int:
        """The uppermost process that runs the server."""
        waiting = [self.first]
        while waiting:
            pid = waiting.pop(0)
            if b"hitless.serving" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                return pid
            waiting += children(pid)
        raise AssertionError(f"no process runs the server; {self.report()}")

    def terminate(self) -> None:
        """SIGTERM, to whom this way of starting says."""
        if self._start.recipient == "group":
            os.killpg(self.pid, signal.SIGTERM)
        else:
            os.kill(self.first if self._start.recipient == "first" else self.supervisor, signal.SIGTERM)


def children(pid: int) -> list[int]:
    """The living children of a process, and those that wait to be reaped."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")  # one a thread
    return [int(child) for one in lists for child in one.read_text().split()]


@functools.cache
def _works(command: tuple[str, ...]) -> bool:
    return (
        shutil.which(command[0]) is not None
        and subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    )
