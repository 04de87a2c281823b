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
from hitless.engines.child import Child
from hitless.engines.disk import DiskWatch
from hitless.engines.memory import descendants, memory_of_group, memory_of_processes
from hitless.engines.roots import Root, root_over
from hitless.engines.runc_bundle import HOSTS, RESOLVER
from hitless.engines.running import Address, Confinement, Start
from hitless.engines.runs import is_abandoned, this_run
from hitless.engines.sockets import listening_of
from hitless.engines.veth import Pair, make_pair
from hitless.errors import UnavailableError

STARTED_WITHIN_S = 60.0
_STEP_S = 0.005
_PREFIX = "hitless-run-"
_PAIR, _PID = "pair", "pid"
Ended = Callable[[Path], object]


def _nothing(_: Path) -> None:
    """Nothing is kept outside the folder."""


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
        for name, text in (("hosts", HOSTS), ("resolv.conf", RESOLVER)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o644)
        if start.port:
            pair = make_pair()
            (folder / _PAIR).write_text(f"{pair.number} {pair.index}")
        return Scratch(folder, root_over(Path(start.subject).resolve(), folder), pair)
    except BaseException:
        if pair is not None:
            pair.remove()
        shutil.rmtree(folder, ignore_errors=True)
        raise


class Sandbox(Child):
    """`pid`: of its first process, as it is here; a child of `process`, which ends with it, and with its code."""

    def __init__(
        self, scratch: Scratch, process: subprocess.Popen[bytes], start: Start, lacks: tuple[str, ...], ended: Ended
    ) -> None:
        self.lacks = lacks
        self._ended = ended
        self._scratch = scratch
        super().__init__(process)
        self._port = start.port
        self._disk_bytes = (start.confinement or Confinement()).disk_bytes
        self._pid = 0
        self._handle = -1
        self._disk: DiskWatch | None = None

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
                self._disk = DiskWatch(self._scratch.root.changed, self._disk_bytes, self._full)
                (self._scratch.folder / _PID).write_text(f"{pid} {_began(pid)}")
            else:
                os.close(handle)

    def _full(self, why: str) -> None:
        self._output.add(f"killed by hitless: {why}")
        self.signal(signal.SIGKILL)

    def address(self) -> Address:
        if self._scratch.pair is None:
            raise UnavailableError("it has no address: it was started without a port")
        return Address(self._scratch.pair.host(2), self._port, own=True)

    def signal(self, number: int) -> None:
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

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
        if self._disk is not None:
            self._disk.stop()
        if self._handle < 0 and self._process.poll() is None:
            self._kill_unbegun()
        end(self._process)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._scratch.folder.is_dir():
            self._ended(self._scratch.folder)
        self._scratch.remove()

    def _kill_unbegun(self) -> None:
        """What should have become its first process, first: it may be in a session and a cgroup of its own already,
        and hang, on a FIFO where a file should be. The program cleans up after it."""
        below = list(descendants(self._process.pid))
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not below:
            self._process.kill()


def begin_sandbox(
    command: Sequence[str], scratch: Scratch, start: Start, lacks: tuple[str, ...] = (), ended: Ended = _nothing
) -> Sandbox:
    """The program that starts the first process; `began` comes next. `ended` sees the folder before it goes: the
    program may have been killed before it had cleaned up."""
    return Sandbox(scratch, begun(command), start, lacks, ended)


def sweep_sandboxes(ended: Ended = _nothing) -> list[str]:
    """End and remove what runs of before left because they were killed: the folders' names. `ended` sees each folder
    once nothing runs in it."""
    left = [
        folder for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
        if is_abandoned(folder.name.removeprefix(_PREFIX).rpartition("-")[0]) and _is_ours(folder)
    ]  # fmt: skip
    for folder in left:
        _kill(folder)
        ended(folder)
        if len(pair := _read(folder / _PAIR).split()) == 2:
            Pair(*map(int, pair)).remove()
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
