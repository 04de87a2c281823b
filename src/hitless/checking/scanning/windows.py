"""The pieces of a file → windows of one size that overlap, so that what is shorter than the overlap is seen whole."""

from __future__ import annotations

from collections.abc import Callable

SIZE = 4 << 20
OVERLAP = 64 << 10


class Windows:
    """`look` is given each window, with its offset in the file. What is held is one window, and one piece."""

    def __init__(self, look: Callable[[bytes, int], None], size: int = SIZE, overlap: int = OVERLAP) -> None:
        self._look = look
        self._size = size
        self._overlap = overlap
        self._pieces: list[bytes] = []
        self._held = 0
        self._offset = 0

    def feed(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held >= self._size:
            self._flush(last=False)

    def end(self) -> None:
        if self._held:
            self._flush(last=True)

    def _flush(self, *, last: bool) -> None:
        window = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._look(window, self._offset)
        kept = b"" if last else window[max(len(window) - self._overlap, 0) :]
        self._offset += len(window) - len(kept)
        self._pieces, self._held = ([kept], len(kept)) if kept else ([], 0)
