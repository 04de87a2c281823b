"""How the bytes of an input are brought to the server, how its model answers, how the client leaves. Values only."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from random import Random
from typing import NamedTuple


class Answers(StrEnum):
    AT_ONCE = "at once"
    LATER = "later"  # when it is that one's turn, between two pieces of what comes in
    STREAMED = "streamed"
    STREAMED_LATER = "streamed later"


class Leaving(StrEnum):
    RESET = "reset"
    END = "end"  # of what it sends
    SILENT = "silent"  # it stays, says and reads nothing more


class Treatment(NamedTuple):
    """`cuts` are places in the bytes; `answer_each` and `stall_at` count pieces; a client may leave early."""

    cuts: tuple[int, ...] = ()
    answers: Answers = Answers.AT_ONCE
    answer_each: int = 1
    stall_at: int | None = None  # the client does not read from this piece on, for two pieces
    leaves_at: int | None = None  # before this piece; None: after the last
    leaving: Leaving = Leaving.RESET
    narrow: bool = False  # a server with small limits
    server_leaves: bool = False

    def pieces(self, data: bytes) -> list[bytes]:
        bounds = [0, *sorted({cut for cut in self.cuts if 0 < cut < len(data)}), len(data)]
        return [data[start:end] for start, end in pairwise(bounds) if start < end]


def drawn(source: Random, length: int) -> Treatment:
    """A treatment for so many bytes: half of them plain, the other half with everything that can go wrong."""
    cuts = tuple(source.randrange(length + 1) for _ in range(source.choice((0, 1, 1, 2, 4, 9))))
    if source.random() < 0.02:
        cuts = tuple(range(length))  # byte by byte
    leaving = source.choice(tuple(Leaving))
    if source.random() < 0.5:
        return Treatment(cuts, leaving=leaving)
    pieces = len(cuts) + 1
    return Treatment(
        cuts,
        answers=source.choice(tuple(Answers)),
        answer_each=source.choice((1, 2, 3, 100)),
        stall_at=source.randrange(pieces) if source.random() < 0.3 else None,
        leaves_at=source.randrange(pieces) if source.random() < 0.2 else None,
        leaving=leaving,
        narrow=source.random() < 0.2,
        server_leaves=source.random() < 0.1,
    )
