"""The process of the scanners: what the reader shows (apart.py) → what they have seen.

python -m hitless.checking.scanning SLOTS [clamav] < lengths > bytes, what was seen

`SLOTS`: the number of the open file that both have in their memory (frames.py). Its imports are a cost to each check.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import signal
import sys
from collections.abc import Iterator

import msgspec

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.tee import Tee
from hitless.checking.scanning import frames, scanners

_files = msgspec.msgpack.Decoder(ScannedFile)


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
            if kind == frames.FILE:
                yield _files.decode(data)

    def read(self, _: int = -1, /) -> bytes:
        if self._next is None or self._next[0] == frames.FILE:
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
            for slot in itertools.cycle(range(frames.SLOTS)):
                told = lengths.read(frames.LENGTH.size)
                if len(told) < frames.LENGTH.size:
                    raise EOFError
                (length,) = frames.LENGTH.unpack(told)
                if not length:
                    return
                place, end = slot * frames.SLOT, slot * frames.SLOT + length
                while place < end:
                    kind, size = frames.FRAME.unpack_from(self._slots, place)
                    place += frames.FRAME.size + size
                    yield kind, self._slots[place - size : place]
                os.write(self._answers, frames.FREE)


def main(slots: int, *, clamav: bool) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is in temporary folders goes, too
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed here is no answer
    tee = Tee(scanners(clamav=clamav))
    try:
        shown = _Shown(mmap.mmap(slots, 0, access=mmap.ACCESS_READ), answers)
        for file in shown.files():
            with contextlib.suppress(_BrokenOff):
                tee.scan(file, shown)
    except EOFError:
        return 1
    with os.fdopen(answers, "wb") as target:
        target.write(msgspec.msgpack.encode(list(tee.finish())))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), clamav="clamav" in sys.argv[2:]))
