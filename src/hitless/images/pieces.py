"""Pieces as they come → a file to read, of as many bytes at once as somebody wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hitless.images.digest import PIECE


class Pieces:
    """`next_piece`: gives the next one, b"" at the end; what it raises goes through."""

    def __init__(self, next_piece: Callable[[], bytes]) -> None:
        self._next = next_piece
        self._rest = memoryview(b"")

    @classmethod
    def of(cls, pieces: Iterable[bytes]) -> Pieces:
        """Empty ones are passed over."""
        filled = filter(None, pieces)
        return cls(lambda: next(filled, b""))

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes of one piece, which is not copied if it is wanted whole; without a size all that come."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if not self._rest and size:
            piece = self._next()
            if len(piece) <= size:
                return piece
            self._rest = memoryview(piece)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data.tobytes()

    def close(self) -> None:
        self._next, self._rest = bytes, memoryview(b"")
