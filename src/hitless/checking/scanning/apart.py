"""All scanners in a process of their own: the reader goes on meanwhile, and native code that breaks on hostile bytes
ends that process, and not the check.

This is the side of the reader; __main__.py is the other one, frames.py what goes between them.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import IO, cast

import msgspec

from hitless.checking.events import Stage
from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning import NAMES, frames

_CLOSES_WITHIN_S = 1.0
_MEMORY = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(64 << 20))  # glibc: pieces' is kept
_encode = msgspec.msgpack.Encoder().encode
_seen = msgspec.msgpack.Decoder(list[ScannerSeen | Finding])


class Apart:
    """A scanner, and the sink of the file that it is shown. To be closed, however the pass over the image ends.

    `pid`: of the other process. Whatever goes wrong with that, from its start on, is told by `finish`: then every
    scanner lacks everything.
    """

    def __init__(self, *, clamav: bool = True) -> None:
        self.pid = 0
        self._clamav = clamav
        self._lacking = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._told: list[frames.Told] = []  # of the slot that is filled next, with its pieces
        self._pieces: list[bytes] = []
        self._held = self._slot = self._used = 0
        try:
            self._start()
        except OSError as error:
            self._lacking = f"no process could be started for the scanners: {error.strerror}"

    def _start(self) -> None:
        with _shared() as file:
            file.write(bytes(frames.SLOTS * frames.SLOT))  # and not truncate: where there is no room, it is told now
            file.flush()
            self._slots = mmap.mmap(file.fileno(), 0)
            words = [sys.executable, "-P", "-m", __package__, str(file.fileno()), *(["clamav"] if self._clamav else [])]
            self._process = process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno()], env={**_MEMORY, **os.environ},
                start_new_session=True,  # Ctrl-C is for the check, which closes this
            )  # fmt: skip
        self.pid = process.pid
        self._messages, self._answers = cast(IO[bytes], process.stdin), cast(io.BufferedReader, process.stdout)

    def begin(self, file: ScannedFile) -> Apart | None:
        if len(self._told) >= frames.MOST_TOLD:
            self._flush()
        self._told.append(file)
        return None if self._lacking else self

    def feed(self, piece: bytes) -> None:
        size = len(piece)
        if size > frames.SLOT:
            raise ValueError(f"{size:,} bytes at once")
        if self._held + size > frames.SLOT or len(self._told) >= frames.MOST_TOLD:
            self._flush()
        self._told.append(size)
        self._pieces.append(piece)
        self._held += size

    def end(self) -> Iterable[Finding]:
        self._told.append(None)
        return ()

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        self._flush()
        if not self._lacking:
            try:
                self._tell([])
                self._messages.close()
                return _seen.decode(self._answers.read()[self._used :])
            except (OSError, msgspec.DecodeError):
                self._broke()
        names = [name for name in NAMES if self._clamav or name != "clamav"]
        return [ScannerSeen(stage=Stage.SAFETY, name=name, lacking=self._lacking) for name in names]

    def _broke(self) -> None:
        """What it has started goes with it."""
        assert self._process is not None  # noqa: S101
        self._signal(signal.SIGKILL)
        self.close()
        self._lacking = f"the process of the scanners broke, with code {self._process.returncode}"

    def close(self) -> None:
        """It ends as soon as it sees that nothing more comes, or is told to, or is killed with all that it started."""
        if self._process is None:
            return
        with contextlib.suppress(BrokenPipeError):  # where it broke, something may still wait to be written
            self._messages.close()
        self._answers.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                self._process.wait(_CLOSES_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._signal(number)
        self._process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _flush(self) -> None:
        """The next slot is free then."""
        told, data = self._told, b"".join(self._pieces)
        self._told, self._pieces, self._held = [], [], 0
        if not told or self._lacking:
            return
        place = self._slot * frames.SLOT
        self._slots[place : place + len(data)] = data
        try:
            self._tell(told)
            self._used += 1
            while self._used == frames.SLOTS:
                freed = self._answers.read1(frames.SLOTS)
                if not freed or freed.strip(frames.FREE):
                    raise BrokenPipeError
                self._used -= len(freed)
        except OSError:
            self._broke()
        self._slot = (self._slot + 1) % frames.SLOTS

    def _tell(self, told: list[frames.Told]) -> None:
        message = _encode(told)
        self._messages.write(frames.LENGTH.pack(len(message)) + message)
        self._messages.flush()


def _shared() -> IO[bytes]:
    """An open file that is nowhere but in memory, where the system has that."""
    return os.fdopen(os.memfd_create("hitless"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()
