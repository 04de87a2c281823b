"""Pieces as they come → reads of as many bytes as somebody wants."""

from __future__ import annotations

from collections.abc import Callable


class Pieces:
    """`next_piece`: gives the next one, b"" at the end; what it raises goes through."""

    def __init__(self, next_piece: Callable[[], bytes]) -> None:
        self._next = next_piece
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of one piece, which is not copied if it is wanted whole."""
        if not self._rest and size:
            piece = self._next()
            if len(piece) <= size:
                return piece
            self._rest = memoryview(piece)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data.tobytes()
