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
from typing import IO

import msgspec

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.tee import Tee
from hitless.checking.scanning import frames, scanners

_decode = msgspec.msgpack.Decoder(list[frames.Told]).decode


class _BrokenOff(Exception):  # noqa: N818
    """The other side could not read the file to its end."""


class _Shown:
    """What the other side shows: files, and of each its bytes as a stream. EOFError once that is gone."""

    def __init__(self, slots: mmap.mmap, answers: int) -> None:
        self._slots = slots
        self._answers = answers
        self._coming = self._in_slots()
        self._next: ScannedFile | None = None  # that came where the end of the one before it should

    def files(self) -> Iterator[ScannedFile]:
        for one in self._coming:
            self._next = one if isinstance(one, ScannedFile) else None
            while self._next is not None:
                file, self._next = self._next, None
                yield file

    def read(self, _: int = -1, /) -> bytes:
        one = next(self._coming, None)
        if isinstance(one, bytes):
            return one
        self._next = one
        raise _BrokenOff

    def close(self) -> None:
        pass

    def _in_slots(self) -> Iterator[ScannedFile | bytes]:
        with open(0, "rb", closefd=False) as messages:
            for slot in itertools.cycle(range(frames.SLOTS)):
                place = slot * frames.SLOT
                told = _decode(_exactly(messages, *frames.LENGTH.unpack(_exactly(messages, frames.LENGTH.size))))
                if not told:
                    return
                for one in told:
                    if isinstance(one, int):
                        yield self._slots[place : place + one]
                        place += one
                    else:
                        yield one or b""
                os.write(self._answers, frames.FREE)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


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
