"""One worker process as its supervisor sees it: started by fork, spoken to over a socket pair, its stderr read."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from hitless.serving.worker import Place, Report, run

_LAST_WORDS = 20  # lines


class Child:
    """A running worker. `loaded_at` and `started_at` are times of the supervisor's clock, in seconds."""

    def __init__(self, pid: int, control: socket.socket, stderr: int, started_at: float) -> None:
        self.pid = pid
        self.control = control
        self.stderr = stderr
        self.started_at = started_at
        self.loaded_at: float | None = None
        self.retired = False
        self.mute = False  # its stderr is closed
        self.last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._reports = b""
        self._words = b""

    def order(self, order: bytes) -> None:
        """Send an order; one that is dead or deaf is dealt with elsewhere."""
        with contextlib.suppress(OSError):
            self.control.send(order)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def reports(self) -> list[Report]:
        """What it has told since the last call."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while data := self.control.recv(65_536):
                self._reports += data
        *lines, self._reports = self._reports.split(b"\n")
        return [msgspec.json.decode(line, type=Report) for line in lines]

    def words(self) -> list[str]:
        """Lines that native code wrote to stderr since the last call."""
        with contextlib.suppress(BlockingIOError):
            while len(self._words) < 1_000_000:
                data = os.read(self.stderr, 65_536)
                if not data:
                    self.mute = True
                    break
                self._words += data
        *lines, self._words = self._words.split(b"\n")
        if self._words and (self.mute or len(self._words) > 65_536):
            lines, self._words = [*lines, self._words], b""
        words = [line.decode("utf-8", "replace") for line in lines]
        self.last_words.extend(words)
        return words

    def close(self) -> None:
        self.control.close()
        os.close(self.stderr)


def start(place: Callable[[socket.socket], Place], now: float, to_close: Iterable[int]) -> Child:
    """Fork a worker. `to_close` are descriptors of the supervisor that are none of a worker's business."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            for descriptor in (*to_close, read, ours.fileno()):
                with contextlib.suppress(OSError):
                    os.close(descriptor)
            os.dup2(write, 2)
            os.close(write)
            run(place(theirs))
        finally:
            os._exit(70)
    theirs.close()
    os.close(write)
    ours.setblocking(False)
    os.set_blocking(read, False)
    return Child(pid, ours, read, now)


def how_it_ended(status: int) -> str:
    """A wait status in words."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended with exit code {code}"
    name = signal.Signals(-code).name if -code in signal.Signals.__members__.values() else f"signal {-code}"
    hint = {"SIGKILL": " (out of memory, if nobody sent it)", "SIGSEGV": " (a crash in native code)"}.get(name, "")
    return f"it was ended by {name}{hint}"


def preload() -> None:
    """What every worker needs is imported once, here: its memory is shared, its time is spent once."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: F401
