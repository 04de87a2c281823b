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
from hitless.errors import UnavailableError
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

    `pid`: of the other process. Whatever goes wrong with that is told by `finish`: then every scanner lacks everything.
    """

    def __init__(self, *, clamav: bool = True) -> None:
        """UnavailableError where no process can be started."""
        self._clamav = clamav
        with _shared() as file:
            file.truncate(_SLOTS * _SLOT)
            self._slots = mmap.mmap(file.fileno(), 0)
            words = [sys.executable, "-P", "-m", __name__, str(file.fileno()), *([] if clamav else ["--no-clamav"])]
            try:
                self._process = subprocess.Popen(
                    words, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    pass_fds=[file.fileno()], start_new_session=True,  # Ctrl-C is for the check, which closes this
                )  # fmt: skip
            except OSError as error:
                raise UnavailableError(f"no process can be started for the scanners: {error.strerror}") from error
        self.pid = self._process.pid
        self._lengths, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._slot = self._place = self._used = 0

    def begin(self, file: ScannedFile) -> Apart:
        self._write(_FILE, _encode(file))
        return self

    def feed(self, piece: bytes) -> None:
        self._write(_PIECE, piece)

    def end(self) -> Iterable[Finding]:
        self._write(_END)
        return ()

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        try:
            self._flush()
            self._lengths.write(_LENGTH.pack(0))
            self._lengths.close()
            said = b"".join(iter(lambda: self._answers.read(1 << 16), b""))
            return _seen.decode(said[self._used :])
        except (OSError, ValueError, msgspec.DecodeError):
            self.close()
        why = f"the process of the scanners broke, with code {self._process.returncode}"
        names = [name for name in NAMES if self._clamav or name != "clamav"]
        return [ScannerSeen(stage=Stage.SAFETY, name=name, lacking=why) for name in names]

    def close(self) -> None:
        """It ends as soon as it sees that nothing more comes, or is told to, or is killed with all that it started."""
        self._lengths.close()
        self._answers.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                self._process.wait(_CLOSES_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, number)
        self._process.wait()

    def _write(self, kind: int, data: bytes = b"") -> None:
        begin = self._place + _FRAME.size
        if begin + len(data) > _SLOT:
            self._flush()
            begin = _FRAME.size
            if begin + len(data) > _SLOT:
                raise ValueError(f"{len(data):,} bytes at once")
        base = self._slot * _SLOT
        _FRAME.pack_into(self._slots, base + self._place, kind, len(data))
        self._place = begin + len(data)
        self._slots[base + begin : base + self._place] = data

    def _flush(self) -> None:
        """The next slot is free then."""
        if not self._place:
            return
        self._lengths.write(_LENGTH.pack(self._place))
        self._used += 1
        while self._used == _SLOTS:
            freed = self._answers.read(_SLOTS)
            if not freed:
                raise BrokenPipeError
            self._used -= len(freed)
        self._slot, self._place = (self._slot + 1) % _SLOTS, 0


def _shared() -> IO[bytes]:
    """An open file that is nowhere but in memory, where the system has that."""
    return os.fdopen(os.memfd_create("hitless"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


class _BrokenOff(Exception):  # noqa: N818
    """The other side could not read the file to its end, or is gone."""


class _Shown:
    """What the other side shows: files, and of each its bytes as a stream."""

    def __init__(self, slots: mmap.mmap) -> None:
        self._slots = slots
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
                    raise _BrokenOff
                (length,) = _LENGTH.unpack(told)
                if not length:
                    return
                place, end = slot * _SLOT, slot * _SLOT + length
                while place < end:
                    kind, size = _FRAME.unpack_from(self._slots, place)
                    place += _FRAME.size + size
                    yield kind, self._slots[place - size : place]
                os.write(1, _FREE)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {__name__}", description=__doc__)
    parser.add_argument("slots", type=int, help="the number of the open file that both have in their memory")
    parser.add_argument("--no-clamav", dest="clamav", action="store_false")
    wishes = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is in temporary folders goes, too
    tee = Tee(scanners(clamav=wishes.clamav))
    try:
        shown = _Shown(mmap.mmap(wishes.slots, 0, access=mmap.ACCESS_READ))
        for file in shown.files():
            with contextlib.suppress(_BrokenOff):
                tee.scan(file, shown)
    except _BrokenOff:
        return 1
    with open(1, "wb") as target:
        target.write(_encode(list(tee.finish())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
