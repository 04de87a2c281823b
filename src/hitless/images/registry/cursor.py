"""Bytes of a blob from any offset on; what follows the last read is read without opening it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hitless.errors import UnavailableError
from hitless.images.digest import Readable
from hitless.images.faults import damaged
from hitless.images.layer import Blob

_PIECE = 256 << 10  # what is handed to a socket at once


class Cursor:
    """`moved` is told the offset behind every piece that was taken, and may raise."""

    def __init__(self, blob: Blob, moved: Callable[[int], None]) -> None:
        self._blob = blob
        self._moved = moved
        self._stream: Readable | None = None
        self._offset = 0

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """ImageError for a blob that is shorter than its descriptor says; UnavailableError."""
        stream = self._at(offset)
        end = offset + length
        while self._offset < end:
            data = self._read(stream, end - self._offset)
            yield data
            self._moved(self._offset)

    def _read(self, stream: Readable, most: int) -> bytes:
        descriptor = self._blob.descriptor
        try:
            data = stream.read(min(most, _PIECE))
        except OSError as error:
            raise UnavailableError(f"the blob {descriptor.digest} cannot be read: {error.strerror or error}") from error
        if not data:
            raise damaged(f"the blob {descriptor.digest}", f"it ends after {self._offset} of {descriptor.size} bytes")
        self._offset += len(data)
        return data

    def _at(self, offset: int) -> Readable:
        if self._stream is not None and self._offset == offset:
            return self._stream
        self.close()
        self._stream = stream = self._blob.open()
        self._offset = 0
        seek = getattr(stream, "seek", None)
        if seek is not None and getattr(stream, "seekable", lambda: True)():
            seek(offset)
            self._offset = offset
        while self._offset < offset:
            self._read(stream, offset - self._offset)
        return stream

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
