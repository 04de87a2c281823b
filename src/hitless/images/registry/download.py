"""A blob as it comes from a registry: a stream that goes on where its connection broke (Range, RFC 9110 section 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx

from hitless.errors import HitlessError
from hitless.images.manifest import Descriptor
from hitless.images.pieces import Pieces
from hitless.images.registry.patience import Interrupted
from hitless.images.registry.refusals import Reply
from hitless.images.registry.transport import Call, Transport

_PROGRESS = 1 << 20  # bytes after which a connection has been worth it
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class Download:
    """Gives at most the blob's size and one byte more; who reads checks the digest. Asked for at the first read."""

    def __init__(
        self, transport: Transport, call: Call, descriptor: Descriptor, refused: Callable[[Reply, str], HitlessError]
    ) -> None:
        self._transport = transport
        self._call = call
        self._size = descriptor.size
        self._refused = refused
        self._patience = transport.patience()
        self._response: httpx.Response | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._ready = Pieces(self._next)
        self._offset = 0  # of the first byte that has not come yet
        self._renewed = 0
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        return self._ready.read(size)

    def _next(self) -> bytes:
        while not self._ended:
            if piece := self._piece():
                return piece
        return b""

    def _piece(self) -> bytes:
        """The next bytes; b"" at the end and after a break that was mended."""
        try:
            if self._response is None:
                self._open()
            data = next(self._pieces, b"")
            if not data and self._offset < self._size:
                raise Interrupted(f"{self._transport.host}: the blob ended after {self._offset} of {self._size} bytes")
        except httpx.TransportError as error:
            self._broken(Interrupted(str(error) or type(error).__name__))
            return b""
        except Interrupted as trouble:
            self._broken(trouble)
            return b""
        self._offset += len(data)
        self._ended = not data or self._offset > self._size
        if self._offset - self._renewed >= _PROGRESS:
            self._renewed = self._offset
            self._patience.renew()
        return data

    def _broken(self, trouble: Interrupted) -> None:
        self._hang_up()
        self._patience.after(trouble)

    def _open(self) -> None:
        call = self._call
        if self._offset:
            call = replace(call, headers={**call.headers, "Range": f"bytes={self._offset}-"})
        response = self._transport.open(call)
        if response.status_code not in (200, 206):
            raise self._refused(self._transport.short(response), "pull from")
        self._response = response
        self._pieces = response.iter_raw()
        self._skip(self._offset - _start(response))

    def _skip(self, count: int) -> None:
        """What came before; a registry without ranges gives all of it again."""
        if count < 0:
            raise Interrupted(f"{self._transport.host} gave another range of the blob than it was asked for")
        while count:
            data = next(self._pieces, b"")
            if not data:
                raise Interrupted(f"{self._transport.host}: the blob ended before byte {self._offset}")
            if len(data) > count:
                rest = data[count:]
                self._pieces = _chained(rest, self._pieces)
            count = max(0, count - len(data))

    def _hang_up(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None

    def close(self) -> None:
        self._ended = True
        self._hang_up()


def _start(response: httpx.Response) -> int:
    if response.status_code == 200:
        return 0
    given = _RANGE.match(response.headers.get("Content-Range", ""))
    return int(given[1]) if given is not None else 0


def _chained(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from following
