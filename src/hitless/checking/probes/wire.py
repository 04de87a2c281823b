"""One connection of a client: bytes out, one answer in at a time, and exactly how it ended. Never asks twice."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import httptools

from hitless.checking.events import Failure

KEPT_BYTES = 65_536
MOST_HEAD_BYTES = 1 << 20  # interim answers among it; servers send some hundred
_FRAMING = 8  # bytes of a chunk of one byte, and some
_SHOWN = 200
_PIECE = 1 << 18  # of a body that is written at once: what is written for longer keeps the whole check waiting


class Wire(asyncio.Protocol):
    """`ended` is done when the answer is whole, or the connection is gone, or what came is no HTTP. `gone`: when the
    other side has ended the connection.

    Times are of the monotonic clock. `number`: of this connection. `asked`: requests so far. `lost_at`: when the other
    side ended it, None while it is open. `idle_since`: its last answer, or its start. `kept_bytes`: of a body.
    """

    def __init__(self, number: int = 0, *, kept_bytes: int = KEPT_BYTES) -> None:
        self.number = number
        self._kept_bytes = kept_bytes
        self.asked = 0
        self.lost_at: float | None = None
        self.error: BaseException | None = None  # of the connection's loss, or of the parser
        self.idle_since = time.monotonic()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._room: asyncio.Future[None] = asyncio.get_running_loop().create_future()  # done: more can be written
        self._room.set_result(None)
        self._ours = False  # it was ended from here
        self._transport = cast(asyncio.Transport, None)
        self._open = False
        self._reset("GET")

    def begin(self, method: str = "GET") -> None:
        """Make ready for the answer to a request of this method."""
        self.asked += 1
        self._reset(method)
        self._open = True
        if self.lost_at is not None:
            self._end()

    def _reset(self, method: str) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._method = method
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.size = 0
        self.has_begun = False
        self.is_whole = False
        self.keeps = False
        self._has_head = False
        self._came = 0

    @property
    def is_lost(self) -> bool:
        return self.lost_at is not None

    @property
    def was_reset(self) -> bool:
        return self.is_lost and isinstance(self.error, OSError)

    @property
    def idle_s(self) -> float:
        """How long it has been, or had been when the other side ended it, without a request."""
        return (time.monotonic() if self.lost_at is None else self.lost_at) - self.idle_since

    @property
    def failure(self) -> Failure | None:
        """Why there is no whole answer, once it has ended; None where there is one."""
        if self.is_whole:
            return None
        if not self.is_lost and self.error is None:
            return Failure.SILENT
        if self.error is not None and not isinstance(self.error, OSError):
            return Failure.NO_HTTP
        if self.has_begun:
            return Failure.CUT
        return Failure.CLOSED if self.error is None else Failure.RESET

    async def send(self, data: bytes) -> bool:
        """Whether all is on its way: not if the answer, or the end, came first. As fast as the other side takes it."""
        rest = memoryview(data)
        while len(rest) > _PIECE:
            self._transport.write(rest[:_PIECE])
            rest = rest[_PIECE:]
            await asyncio.wait([self.ended, self._room], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
            if self.ended.done():
                return False
        self._transport.write(rest)
        return True

    def close(self) -> None:
        self._ours = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        self._ours = True
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.idle_since = time.monotonic()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if not self._room.done():
            self._room.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self._open:  # such as a 408 on an idle connection, which is ended right after
            return
        self.has_begun = True
        self._came += len(data)
        if self._came - self.size * _FRAMING > MOST_HEAD_BYTES:  # a head or trailers without an end fill the memory
            self.headers.clear()
            self._no_http(ValueError(f"a head, or trailers, of more than {MOST_HEAD_BYTES:,} bytes"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError as error:
            if not self.is_whole:
                self._no_http(error)

    def _no_http(self, error: Exception) -> None:
        self.error = error
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = cast(asyncio.Transport, None)  # one that is over cannot be aborted
        if self._ours:
            return
        self.lost_at = time.monotonic()
        if self._open and exc is None and self.error is None and self._until_the_end:
            self.is_whole = True  # RFC 9112, 6.3: without a length, the body ends with the connection
        self.error = self.error or exc
        if not self.gone.done():
            self.gone.set_result(None)
        if self._open:
            self._end()

    @property
    def _until_the_end(self) -> bool:
        names = {name for name, _ in self.headers}
        return self._has_head and not names & {"content-length", "transfer-encoding"}

    def _end(self) -> None:
        self._open = False
        self.idle_since = time.monotonic()
        if not self.ended.done():
            self.ended.set_result(None)

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # else a trailer
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._has_head = self.status >= 200
        if self._has_head and self._method == "HEAD":
            self._whole()

    def on_body(self, body: bytes) -> None:
        self.size += len(body)
        self.body += body[: max(0, self._kept_bytes - len(self.body))]

    def on_message_complete(self) -> None:
        if self.status < 200 and self.status != 101:  # an interim answer
            self.headers.clear()
        elif not self.is_whole:
            self._whole()

    def _whole(self) -> None:
        self.is_whole = True
        self.keeps = self._parser.should_keep_alive() and self.status != 101
        self._end()


def shown(error: BaseException | None) -> str:
    """An error in few words."""
    return "" if error is None else (str(error) or type(error).__name__)[:_SHOWN]
