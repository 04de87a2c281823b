"""Compressed streams → the bytes in them, as they come, a bounded piece at a time and up to a budget."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from typing import Protocol

from hitless.checking.scanning.nesting import Consumer, Nest
from hitless.images.packing import fastest_zlib

_PIECE = 1 << 20
_LZMA_MEMORY = 96 << 20
_zlib = fastest_zlib()


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...

    @property
    def eof(self) -> bool: ...


class Unpacked:
    """One compressed stream, or several in a row. What is damaged ends it; what came before has been seen."""

    def __init__(
        self, make: Callable[[], _Decompressor], inner: Consumer, nest: Nest, *, only_one: bool = False
    ) -> None:
        self.is_over = False
        self._make = make
        self._decompressor = make()
        self._inner = inner
        self._nest = nest
        self._only_one = only_one

    def feed(self, piece: bytes) -> None:
        data = piece
        while data and not self.is_over:
            try:
                data = self._step(data)
            except (_zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError):
                self.is_over = True

    def _step(self, data: bytes) -> bytes:
        out = self._decompressor.decompress(data, _PIECE)
        while True:
            if out:
                self._inner.feed(out)
            if self._inner.is_over or not self._nest.takes(len(out)):
                self.is_over = True
                return b""
            if self._decompressor.eof:
                if self._only_one:
                    self._inner.end()
                    self.is_over = True
                rest: bytes = self._decompressor.unused_data  # type: ignore[attr-defined]
                self._decompressor = self._make()
                return rest
            tail: bytes = getattr(self._decompressor, "unconsumed_tail", b"")
            if not tail and getattr(self._decompressor, "needs_input", len(out) < _PIECE):
                return b""
            out = self._decompressor.decompress(tail, _PIECE)

    def end(self) -> None:
        self._inner.end()


_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_STREAMS: dict[bytes, tuple[bytes, Callable[[], _Decompressor]]] = {
    magic[:2]: (magic, make)
    for magic, make in (
        (b"\x1f\x8b", lambda: _zlib.decompressobj(31)),
        *((magic, lambda: _zlib.decompressobj(15)) for magic in _ZLIB),
        (b"BZh", bz2.BZ2Decompressor),
        (b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)),
        (b"\x5d\x00\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY)),
    )
}


def inflater() -> _Decompressor:
    """Of what a zip calls deflated."""
    inflate: _Decompressor = _zlib.decompressobj(-15)
    return inflate


def decompressor(head: bytes) -> Callable[[], _Decompressor] | None:
    """By the first bytes; of those that joblib and others know."""
    magic, make = _STREAMS.get(head[:2], (b"", None))
    return make if head.startswith(magic) else None
