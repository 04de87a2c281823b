"""An instance that is a child of ours, in namespaces of its own: what it runs in is one folder, which goes with it.

The folder's name tells the run, and what is in it how to end the instance: see `sweep_sandboxes`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.engines.calling import begun, end
from hitless.engines.memory import memory_of_group, memory_of_processes
from hitless.engines.output import Output
from hitless.engines.roots import Root, root_over
from hitless.engines.running import Address, Saw, Start
from hitless.engines.runs import is_abandoned, this_run
from hitless.engines.sockets import listening_of
from hitless.engines.veth import Pair, make_pair
from hitless.errors import UnavailableError

STARTED_WITHIN_S = 60.0
_STEP_S = 0.005
_PREFIX = "hitless-run-"
_PAIR, _PID = "pair", "pid"


@dataclass(frozen=True)
class Scratch:
    """What one instance has to itself. `pair`: None for one without a port."""

    folder: Path
    root: Root
    pair: Pair | None

    def remove(self) -> None:
        if self.pair is not None:
            self.pair.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def folder_of_run(label: str = "") -> Path:
    """A new one, which `sweep_sandboxes` removes if the run that has this label is killed."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{label or this_run()}-")).resolve()


def make_scratch(start: Start) -> Scratch:
    """UnavailableError where something of it is not permitted; then nothing is left."""
    folder = folder_of_run(start.confinement.label if start.confinement else "")
    pair = None
    try:
        if start.port:
            pair = make_pair()
            (folder / _PAIR).write_text(str(pair.number))
        return Scratch(folder, root_over(Path(start.subject).resolve(), folder), pair)
    except BaseException:
        if pair is not None:
            pair.remove()
        shutil.rmtree(folder, ignore_errors=True)
        raise


class Sandbox:
    """`pid`: of its first process, as it is here; a child of `process`, which ends with it, and with its code."""

    def __init__(self, scratch: Scratch, process: subprocess.Popen[bytes], port: int, lacks: tuple[str, ...]) -> None:
        self.lacks = lacks
        self._scratch = scratch
        self._process = process
        self._output = Output.of(process)
        self._port = port
        self._pid = 0
        self._handle = -1

    def began(self, first_process: Callable[[], int], what: str) -> None:
        """Once its first process is there; UnavailableError with what was said instead."""
        until = time.monotonic() + STARTED_WITHIN_S
        while not (pid := first_process()):
            if self._process.poll() is not None or time.monotonic() > until:
                self._output.wait()
                said = " ".join(self._output.text().split())[-600:]
                raise UnavailableError(f"{what} did not start it: {said or 'it does not say why'}")
            time.sleep(_STEP_S)
        with contextlib.suppress(OSError):  # it may have ended already
            handle = os.pidfd_open(pid)
            if _parent(pid) == self._process.pid:
                self._pid, self._handle = pid, handle
                (self._scratch.folder / _PID).write_text(f"{pid} {_began(pid)}")
            else:
                os.close(handle)

    def address(self) -> Address:
        if self._scratch.pair is None:
            raise UnavailableError("it has no address: it was started without a port")
        return Address(self._scratch.pair.host(2), self._port, own=True)

    def signal(self, number: int) -> None:
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def wait(self, within_s: float) -> int | None:
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def logs(self) -> str:
        if self._process.poll() is not None:
            self._output.wait()
        return self._output.text()

    def follow(self, saw: Saw) -> None:
        self._output.follow(saw)

    def memory_bytes(self) -> int | None:
        if not self._pid or self._process.poll() is not None:
            return None
        return memory_of_processes(self._pid) if self.lacks else memory_of_group(self._pid)

    def written(self) -> tuple[str, ...] | None:
        return self._scratch.root.written()

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        return listening_of(self._pid) if self._pid and self._process.poll() is None else None

    def remove(self) -> None:
        self.signal(signal.SIGKILL)
        if self._handle < 0 and self._process.poll() is None:
            self._process.kill()
        end(self._process)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        self._scratch.remove()


def begin_sandbox(command: Sequence[str], scratch: Scratch, start: Start, lacks: tuple[str, ...] = ()) -> Sandbox:
    """The program that starts the first process; `began` comes next."""
    return Sandbox(scratch, begun(command), start.port, lacks)


def sweep_sandboxes(ended: Callable[[Path], object] = lambda _: None) -> list[str]:
    """End and remove what runs of before left because they were killed: the folders' names. `ended` sees each folder
    once nothing runs in it."""
    left = [
        folder for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
        if is_abandoned(folder.name.removeprefix(_PREFIX).rpartition("-")[0]) and _is_ours(folder)
    ]  # fmt: skip
    for folder in left:
        _kill(folder)
        ended(folder)
        if number := _read(folder / _PAIR):
            Pair(int(number)).remove()
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in left]


def _is_ours(folder: Path) -> bool:
    """Another run may sweep it at the same moment."""
    try:
        seen = folder.lstat()
    except FileNotFoundError:
        return False
    return seen.st_uid == os.geteuid() and stat.S_ISDIR(seen.st_mode)


def _kill(folder: Path) -> None:
    """Its first process, if the process of that number is still the same."""
    pid, _, began = _read(folder / _PID).partition(" ")
    if pid and _began(int(pid)) == began:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _parent(pid: int) -> int:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _began(pid: int) -> str:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return fields[19] if fields else ""
