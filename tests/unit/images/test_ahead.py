"""Reading ahead changes nothing: the same bytes, the same errors, and no thread is left behind."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field

import pytest
from tests.unit.images.samples import file, image_of, layer_of

from hitless.images.ahead import Ahead
from hitless.images.digest import PIECE
from hitless.images.filesystem import everything
from hitless.images.flattening import flatten
from hitless.images.packing import gzip


@dataclass
class Breaking:
    """Gives some pieces, then raises; or goes on for ever."""

    pieces: int
    is_closed: bool = field(default=False)

    def read(self, size: int = -1, /) -> bytes:
        self.pieces -= 1
        if self.pieces < 0:
            raise ValueError("damaged")
        return bytes(size)

    def close(self) -> None:
        self.is_closed = True


def threads() -> int:
    return sum(thread.name == "hitless-ahead" for thread in threading.enumerate())


@pytest.mark.parametrize("size", [0, 1, PIECE, 3 * PIECE + 7, 12 * PIECE])
@pytest.mark.parametrize("step", [PIECE, 100_003, -1])
def test_the_same_bytes(size: int, step: int) -> None:
    data = bytes(index % 251 for index in range(size % PIECE)) + bytes(size - size % PIECE)
    stream = Ahead(io.BytesIO(data))
    read = b"".join(iter(lambda: stream.read(step), b""))
    assert read == data
    assert stream.read(5) == b""
    stream.close()
    assert threads() == 0


def test_an_error_comes_where_it_was() -> None:
    source = Breaking(3)
    stream = Ahead(source)
    assert sum(len(stream.read(PIECE)) for _ in range(3)) == 3 * PIECE
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged"):
            stream.read(1)
    stream.close()
    assert source.is_closed
    assert threads() == 0


def test_it_ends_when_nobody_reads_on() -> None:
    source = Breaking(1 << 40)
    stream = Ahead(source)
    stream.read(10)
    stream.close()
    assert source.is_closed
    assert threads() == 0


def test_an_image_is_read_the_same() -> None:
    image = image_of(layer_of(file("a", bytes(3_000_000)), packing=gzip()), layer_of(file("b", b"1"), packing=gzip()))
    plain, ahead = flatten(image, everything), flatten(image, everything, ahead=True)
    assert (plain.nodes, plain.contents) == (ahead.nodes, ahead.contents)
    assert threads() == 0
