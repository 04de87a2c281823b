"""All scanners in a process of their own: the reader goes on meanwhile, and native code that breaks on hostile bytes
ends that process, and not the check.

Files go there in slots of shared memory, as frames: kind (1 byte), length (4 bytes), so many bytes. The length of a
full slot is told through a pipe (4 bytes; 0: that was all), and a byte comes back when it is free again. What was seen
comes back at the end, as MessagePack.

python -m hitless.checking.scanning.apart SLOTS [--no-clamav] < lengths > bytes, what was seen
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

import msgspec

from hitless.checking.events import Stage
from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.facts.tee import Tee
from hitless.checking.scanning import NAMES, scanners
from hitless.images.digest import PIECE

_FILE, _PIECE, _END = b"FPE"
_FRAME, _LENGTH = struct.Struct(">BI"), struct.Struct(">I")
_SLOTS, _SLOT = 4, PIECE + (1 << 16)
_FREE = b"."
_CLOSES_WITHIN_S = 1.0
_encode = msgspec.msgpack.Encoder().encode
_files = msgspec.msgpack.Decoder(ScannedFile)
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
            file.write(bytes(_SLOTS * _SLOT))  # and not truncate: where there is no room, it is told now
            file.flush()
            self._slots = mmap.mmap(file.fileno(), 0)
            words = [sys.executable, "-P", "-m", __name__, str(file.fileno())]
            words += [] if self._clamav else ["--no-clamav"]
            self._process = process = subprocess.Popen(
                words, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno()], start_new_session=True,  # Ctrl-C is for the check, which closes this
            )  # fmt: skip
        self.pid = process.pid
        self._lengths, self._answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)

    def begin(self, file: ScannedFile) -> Apart | None:
        self._write(_FILE, _encode(file))
        return None if self._lacking else self

    def feed(self, piece: bytes) -> None:
        self._write(_PIECE, piece)

    def end(self) -> Iterable[Finding]:
        self._write(_END)
        return ()

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        self._flush()
        if not self._lacking:
            try:
                self._lengths.write(_LENGTH.pack(0))
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
        if self._place + _FRAME.size + len(data) > _SLOT:
            self._flush()
        if self._lacking:
            return
        begin = self._place + _FRAME.size
        if begin + len(data) > _SLOT:
            raise ValueError(f"{len(data):,} bytes at once")
        base = self._slot * _SLOT
        _FRAME.pack_into(self._slots, base + self._place, kind, len(data))
        self._place = begin + len(data)
        self._slots[base + begin : base + self._place] = data

    def _flush(self) -> None:
        """The next slot is free then."""
        if not self._place or self._lacking:
            return
        try:
            self._lengths.write(_LENGTH.pack(self._place))
            self._used += 1
            while self._used == _SLOTS:
                freed = self._answers.read(_SLOTS)
                if not freed or freed.strip(_FREE):
                    raise BrokenPipeError
                self._used -= len(freed)
        except OSError:
            self._broke()
        self._slot, self._place = (self._slot + 1) % _SLOTS, 0


def _shared() -> IO[bytes]:
    """An open file that is nowhere but in memory, where the system has that."""
    return os.fdopen(os.memfd_create("hitless"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


class _BrokenOff(Exception):  # noqa: N818
    """The other side could not read the file to its end."""


class _Shown:
    """What the other side shows: files, and of each its bytes as a stream. EOFError once that is gone."""

    def __init__(self, slots: mmap.mmap, answers: int) -> None:
        self._slots = slots
        self._answers = answers
        self._frames = self._coming()
        self._next: tuple[int, bytes] | None = next(self._frames, None)

    def files(self) -> Iterator[ScannedFile]:
        while self._next is not None:
            kind, data = self._taken()
            if kind == _FILE:
                yield _files.decode(data)

    def read(self, _: int = -1, /) -> bytes:
        if self._next is None or self._next[0] == _FILE:
            raise _BrokenOff
        return self._taken()[1]

    def close(self) -> None:
        pass

    def _taken(self) -> tuple[int, bytes]:
        assert self._next is not None  # noqa: S101
        taken, self._next = self._next, next(self._frames, None)
        return taken

    def _coming(self) -> Iterator[tuple[int, bytes]]:
        with open(0, "rb", buffering=0, closefd=False) as lengths:
            for slot in itertools.cycle(range(_SLOTS)):
                told = lengths.read(_LENGTH.size)
                if len(told) < _LENGTH.size:
                    raise EOFError
                (length,) = _LENGTH.unpack(told)
                if not length:
                    return
                place, end = slot * _SLOT, slot * _SLOT + length
                while place < end:
                    kind, size = _FRAME.unpack_from(self._slots, place)
                    place += _FRAME.size + size
                    yield kind, self._slots[place - size : place]
                os.write(self._answers, _FREE)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {__name__}", description=__doc__)
    parser.add_argument("slots", type=int, help="the number of the open file that both have in their memory")
    parser.add_argument("--no-clamav", dest="clamav", action="store_false")
    wishes = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is in temporary folders goes, too
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed here is no answer
    tee = Tee(scanners(clamav=wishes.clamav))
    try:
        shown = _Shown(mmap.mmap(wishes.slots, 0, access=mmap.ACCESS_READ), answers)
        for file in shown.files():
            with contextlib.suppress(_BrokenOff):
                tee.scan(file, shown)
    except EOFError:
        return 1
    with os.fdopen(answers, "wb") as target:
        target.write(_encode(list(tee.finish())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
