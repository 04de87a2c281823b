"""Bytes of a blob from any place, opened as seldom as can be."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from hitless.errors import UnavailableError
from hitless.images.digest import digest_of
from hitless.images.faults import ImageError
from hitless.images.layer import Blob
from hitless.images.manifest import Descriptor
from hitless.images.registry.cursor import Cursor

DATA = bytes(range(256)) * 4000


class Stream:
    """What cannot be sought in, such as a decompressor."""

    def __init__(self) -> None:
        self._file = io.BytesIO(DATA)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, 777) if size >= 0 else size)

    def close(self) -> None:
        self._file.close()


@pytest.mark.parametrize("opened", [lambda: io.BytesIO(DATA), Stream], ids=["a file", "a stream"])
def test_any_order(opened: Callable[[], io.BytesIO | Stream]) -> None:
    opens: list[int] = []
    places: list[int] = []
    descriptor = Descriptor("x/y", digest_of(DATA), len(DATA))
    cursor = Cursor(Blob(descriptor, lambda: opens.append(1) or opened()), places.append)  # type: ignore[func-returns-value]
    for offset, length, so_often in (
        (0, 1000, 1),
        (1000, 300_000, 1),
        (301_000, 10, 1),
        (5, 10, 2),
        (15, 10, 2),
        (9, 0, 3),
    ):
        assert b"".join(cursor.pieces(offset, length)) == DATA[offset : offset + length]
        assert len(opens) == so_often
        if length:
            assert places[-1] == offset + length
    cursor.close()


class Broken(Stream):
    """A disk that fails."""

    def read(self, size: int = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_blob_that_cannot_be_read() -> None:
    cursor = Cursor(Blob(Descriptor("x/y", digest_of(DATA), len(DATA)), Broken), lambda _: None)
    with pytest.raises(UnavailableError, match="cannot be read: Input/output error"):
        list(cursor.pieces(0, 1))


def test_a_blob_that_ends_early() -> None:
    blob = Blob(Descriptor("x/y", digest_of(DATA), len(DATA) + 5), lambda: io.BytesIO(DATA))
    with pytest.raises(ImageError, match=f"ends after {len(DATA)} of {len(DATA) + 5} bytes"):
        list(Cursor(blob, lambda _: None).pieces(10, len(DATA)))
