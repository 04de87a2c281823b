"""Bytes that are read ahead by a thread, a few pieces at most: a layer is unpacked, hashed and looked into at once.

zlib and hashlib let go of the interpreter's lock, so this uses a second processor where there is one.
"""

from __future__ import annotations

import queue
import threading

from hitless.images.digest import PIECE, Readable
from hitless.images.pieces import Pieces

_PIECES = 12  # that wait, of 1 MiB


class Ahead:
    """A stream as its source gives it, errors too, those in their place. To be closed, also when it was not read to its
    end: then the source is at rest and closed."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._pieces: queue.Queue[bytes | BaseException] = queue.Queue(_PIECES)
        self._stopped = threading.Event()
        self._ready = Pieces(self._next)
        self._ended: BaseException | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._fill, name="hitless-ahead", daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        try:
            while not self._stopped.is_set():
                piece = self._source.read(PIECE)
                self._pieces.put(piece)
                if not piece:
                    return
        except BaseException as error:
            self._pieces.put(error)

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes: what is there."""
        return self._ready.read(size)

    def _next(self) -> bytes:
        if self._ended is not None:
            raise self._ended
        if self._is_over:
            return b""
        piece = self._pieces.get()
        if isinstance(piece, BaseException):
            self._ended = piece
            raise piece
        self._is_over = not piece
        return piece

    def close(self) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            try:
                self._pieces.get(timeout=0.01)  # makes room for what it was about to put
            except queue.Empty:
                continue
        self._thread.join()
        self._source.close()
