"""All scanners in a process of their own: the reader goes on meanwhile, and native code that breaks on hostile bytes
ends that process, and not the check.

This is the side of the reader; __main__.py is the other one, frames.py what goes between them.
"""

from __future__ import annotations

import contextlib
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
        self._slot = self._place = self._used = 0
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
                words, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno()], env={**_MEMORY, **os.environ},
                start_new_session=True,  # Ctrl-C is for the check, which closes this
            )  # fmt: skip
        self.pid = process.pid
        self._lengths, self._answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)

    def begin(self, file: ScannedFile) -> Apart | None:
        self._write(frames.FILE, _encode(file))
        return None if self._lacking else self

    def feed(self, piece: bytes) -> None:
        self._write(frames.PIECE, piece)

    def end(self) -> Iterable[Finding]:
        self._write(frames.END)
        return ()

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        self._flush()
        if not self._lacking:
            try:
                self._lengths.write(frames.LENGTH.pack(0))
                self._lengths.close()
                said = b"".join(iter(lambda: self._answers.read(1 << 16), b""))
                return _seen.decode(said[self._used :])
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
        self._lengths.close()
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

    def _write(self, kind: int, data: bytes = b"") -> None:
        if self._place + frames.FRAME.size + len(data) > frames.SLOT:
            self._flush()
        if self._lacking:
            return
        begin = self._place + frames.FRAME.size
        if begin + len(data) > frames.SLOT:
            raise ValueError(f"{len(data):,} bytes at once")
        base = self._slot * frames.SLOT
        frames.FRAME.pack_into(self._slots, base + self._place, kind, len(data))
        self._place = begin + len(data)
        self._slots[base + begin : base + self._place] = data

    def _flush(self) -> None:
        """The next slot is free then."""
        if not self._place or self._lacking:
            return
        try:
            self._lengths.write(frames.LENGTH.pack(self._place))
            self._used += 1
            while self._used == frames.SLOTS:
                freed = self._answers.read(frames.SLOTS)
                if not freed or freed.strip(frames.FREE):
                    raise BrokenPipeError
                self._used -= len(freed)
        except OSError:
            self._broke()
        self._slot, self._place = (self._slot + 1) % frames.SLOTS, 0


def _shared() -> IO[bytes]:
    """An open file that is nowhere but in memory, where the system has that."""
    return os.fdopen(os.memfd_create("hitless"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()
