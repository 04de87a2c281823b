"""One connection of a client: bytes out, one answer in, and exactly how it ended. Never asks twice."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

PAUSE_S = 0.03  # of a client that reads slowly, after each piece


class Wire(asyncio.Protocol):
    """`ended` is done when the answer is whole, or the connection is gone, or what came is no HTTP."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, slow: bool) -> None:
        self._loop = loop
        self._slow = slow
        self._transport = cast(asyncio.Transport, None)
        self.asked = 0
        self.lost = False
        self.error: BaseException | None = None  # of the connection's loss, or of the parser
        self.begin()

    def begin(self) -> None:
        """Make ready for the next answer."""
        self._parser = httptools.HttpResponseParser(self)
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.status = 0
        self.parts: list[bytes] = []
        self.has_begun = False
        self.is_whole = False
        self.keeps = False
        self.reason = b""

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.has_begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.error = error
            self._end()
            return
        if self._slow and not self.is_whole:
            self._transport.pause_reading()
            self._loop.call_later(PAUSE_S, self._read_on)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.error = self.error or exc
        self._end()

    def _read_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    # What the parser calls

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)

    def on_message_complete(self) -> None:
        if self.status < 200:  # an interim answer
            return
        self.is_whole = True
        self.keeps = self._parser.should_keep_alive()
        self._end()
