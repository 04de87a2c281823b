"""What the reader keeps of what has come in, and what it says of itself when it stops."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from tests.property.serving.in_memory import Bench

from hitless.serving.exchange import Exchange
from hitless.serving.reader import Reader
from hitless.serving.request import Rejected

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def reader(bench: Bench) -> tuple[Reader, list[Exchange]]:
    """One, and what it hands over."""
    received: list[Exchange] = []
    return Reader(bench.service, bench.connect().connection, received.append), received


@pytest.mark.parametrize("size", [1, 2, 16, 511, 512, 4096])
def test_small_chunks_cost_little_more_than_their_data(bench: Bench, size: int) -> None:
    """However a body is cut: whoever sends it in pieces of two bytes must not take 28 times the memory."""
    reading, received = reader(bench)
    reading.feed(HEAD + b"\r\n")
    count = 40_000 // size
    pieces = (b"%x\r\n%b\r\n" % (size, bytes([number % 251]) * size) for number in range(count))
    tracemalloc.start()
    try:
        for piece in pieces:
            reading.feed(piece)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2 * count * size + 4096
    assert bench.service.buffered == (count - 1) * size
    reading.feed(b"0\r\n\r\n")
    assert received[0].body == b"".join(bytes([number % 251]) * size for number in range(count))
    assert bench.service.buffered == 0


@pytest.mark.parametrize("sizes", [(1, 600, 1, 1), (600, 1, 600), (600, 600), (1, 1, 600, 600, 1)])
def test_small_and_large_pieces_stay_in_order(bench: Bench, sizes: tuple[int, ...]) -> None:
    reading, received = reader(bench)
    pieces = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    reading.feed(HEAD + b"\r\n")
    for piece in pieces:
        reading.feed(b"%x\r\n%b\r\n" % (len(piece), piece))
    reading.feed(b"0\r\n\r\n")
    assert received[0].body == b"".join(pieces)
    assert isinstance(received[0].body, bytes)


@pytest.mark.parametrize("end", ["refused", "ended", "broken"])
def test_nobody_waits_for_100_after_the_last_word(bench: Bench, end: str) -> None:
    """100 Continue after the answer would be written to a closed connection."""
    reading, _ = reader(bench)
    reading.feed(HEAD + b"Expect: 100-continue\r\n\r\n")
    due = [reading.continue_due]
    if end == "refused":
        reading.refuse(Rejected(408, "too slow"))
    elif end == "ended":
        reading.end()
    else:
        reading.feed(b"no size\r\n")
    due.append(reading.continue_due)
    assert due == [True, False]
    assert reading.done
