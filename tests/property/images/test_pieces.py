"""Pieces read as from a file: nothing is lost, doubled or moved, however they come and however they are read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hitless.images.pieces import Pieces

PIECES = st.lists(st.binary(max_size=50), max_size=20)


@given(PIECES, st.lists(st.integers(1, 60), min_size=1))
def test_reads_of_any_size_give_all_that_came(pieces: list[bytes], sizes: list[int]) -> None:
    file, data = Pieces.of(pieces), b""
    while True:
        read = [file.read(size) for size in sizes]
        assert all(len(one) <= size for one, size in zip(read, sizes, strict=True))
        data += b"".join(read)
        if not read[-1]:
            break
    assert data == b"".join(pieces)


@given(PIECES, st.integers(0, 60))
def test_the_rest_at_once(pieces: list[bytes], size: int) -> None:
    file = Pieces.of(pieces)
    assert file.read(size) + file.read() == b"".join(pieces)
    assert (file.read(), file.read(1)) == (b"", b"")


def test_nothing_comes_once_it_is_closed() -> None:
    file = Pieces.of([b"abc", b"def"])
    assert file.read(2) == b"ab"
    file.close()
    assert file.read() == b""
