"""One connection: requests answered in order, keep-alive, slow clients, closing.

Owns the life of the socket's bytes. The `Reader` makes requests of what comes in, routes answer them; nothing here
knows a model. No task, future or timer a request: `sweep` is called for every connection several times a second and
enforces all time limits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

from hitless.serving.board import Cell
from hitless.serving.heads import CLOSE, KEEP_ALIVE
from hitless.serving.reader import Reader
from hitless.serving.replies import header_lines, problem
from hitless.serving.request import Rejected
from hitless.serving.sendqueue import unacknowledged

if TYPE_CHECKING:
    from hitless.serving.exchange import Exchange
    from hitless.serving.service import Service

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BACKLOG = 8  # pipelined requests in hand before reading pauses
_SLICE = 8192  # bytes that are parsed before the backlog is looked at again
_LINGERING_CLOSE_S = 2.0  # after our last byte, the client's are still taken for so long, lest a reset eats ours
_HALF_CLOSE_S = 0.1  # an end of sending this soon after a request means "answer, then done" (docs/adr/0004)


class Connection(asyncio.Protocol):
    """Made by the acceptor, kept in `service.connections` while it is open."""

    __slots__ = (
        "_advancing",
        "_backlog",
        "_closing_at",
        "_current",
        "_ended",
        "_idle_since",
        "_reader",
        "_reading_paused",
        "_service",
        "_transport",
        "_unread",
        "_unsent",
        "_unsent_since",
        "_writable",
        "tls",
    )

    def __init__(self, service: Service) -> None:
        self._service = service
        self._reader = Reader(service, self, self._receive)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._current: Exchange | None = None  # being answered
        self._backlog: deque[Exchange] = deque()  # received, waiting for their turn
        self._advancing = False
        self._idle_since = service.loop.time()
        self._reading_paused = False
        self._unread = b""  # received, and not parsed while the backlog is full
        self._ended = False  # the client sends no more
        self._closing_at = 0.0  # > 0: the end is written; since our last byte has arrived, waiting for the client's
        self._unsent = 0
        self._unsent_since = 0.0
        self._writable: asyncio.Future[None] | None = None
        self.tls = False

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.tls = transport.get_extra_info("ssl_object") is not None
        self._service.opened(self)

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if len(data) <= _SLICE and not self._unread:
            reader.feed(data)
        else:
            self._unread += data
            self._parse()
        if self._backlog or reader.continue_due:
            self._advance()

    def _parse(self) -> None:
        """Read on in slices, as long as the backlog has room: a flood of small requests is not taken in at once."""
        reader, data, at = self._reader, self._unread, 0
        while at < len(data) and len(self._backlog) < _BACKLOG:
            size = max(_SLICE, reader.body_left)
            reader.feed(data[at : at + size])
            at += size
        self._unread = data[at:]

    def eof_received(self) -> bool:
        self._ended = True
        self._reader.end()
        waiting = self._current or (self._backlog[0] if self._backlog else None)
        if waiting is None or self.tls:
            return False
        soon = self._service.loop.time() - waiting.received_at < _HALF_CLOSE_S
        return soon or (waiting.begun and not waiting.streaming)

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.closed(self)
        self._reader.done = True
        self._reader.forget_body()
        self._unread = b""
        for exchange in (*filter(None, (self._current,)), *self._backlog):
            self._abandon(exchange)
        self._current = None
        self._backlog.clear()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = self._service.loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None
            self._advance()

    # Requests in order

    def _receive(self, exchange: Exchange) -> None:
        """A request is here, whole or refused; `_advance` answers it, after those before it."""
        exchange.received_at = self._service.loop.time()
        self._service.row[Cell.IN_FLIGHT] += 1
        self._backlog.append(exchange)
        if len(self._backlog) >= _BACKLOG and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _advance(self) -> None:
        """Whatever can go on does."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._backlog and self._current is None and self._writable is None and not self._closing_at:
                self._begin(self._backlog.popleft())
        finally:
            self._advancing = False
        if self._reading_paused and len(self._backlog) < _BACKLOG and not self._transport.is_closing():
            self._read_on()
        if self._reader.continue_due and self._current is None and not self._backlog:
            self._reader.continue_due = False
            self._transport.write(_CONTINUE)

    def _read_on(self) -> None:
        """The backlog has room again: what was left first, then what still comes."""
        if self._unread:
            self._parse()
            self._advance()
        elif self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        exchange.head_only = exchange.method == b"HEAD"
        self._service.handle(exchange)

    # Answers

    def reject(self, exchange: Exchange, rejection: Rejected) -> None:
        """Answer with problem details."""
        body = problem(rejection, exchange.request_id)
        try:
            headers = header_lines(rejection.headers)
        except ValueError as error:
            self._service.log.warning("a refusal goes out without its headers: %s", error)
            headers = b""
        self.reply(exchange, rejection.status, b"application/problem+json", body, headers)

    def reply(self, exchange: Exchange, status: int, content_type: bytes, body: bytes, headers: bytes = b"") -> None:
        """The whole answer in one write. Dropped where nobody waits for it any more."""
        if exchange is not self._current:
            return
        start, keep = self._start_of_head(exchange, status, content_type)
        length = b"" if status in (204, 304) else b"content-length: %d\r\n" % len(body)
        if exchange.head_only or not length:
            body = b""
        self._transport.write(b"%b%bx-request-id: %b\r\n%b\r\n%b" % (start, length, exchange.request_id, headers, body))
        self._answered(exchange, status, keep)

    def start_stream(self, exchange: Exchange, status: int, content_type: bytes, headers: bytes = b"") -> bool:
        """The head of an answer whose length is not known yet; False where nobody waits for it any more."""
        if exchange is not self._current:
            return False
        without_body = status in (204, 304)  # RFC 9112, section 6.1
        exchange.head_only = exchange.head_only or without_body
        chunked = exchange.version == "1.1"
        exchange.keep_alive = exchange.keep_alive and chunked
        start, exchange.keep_alive = self._start_of_head(exchange, status, content_type)
        framing = b"transfer-encoding: chunked\r\n" if chunked and not without_body else b""
        self._transport.write(b"%b%bx-request-id: %b\r\n%b\r\n" % (start, framing, exchange.request_id, headers))
        exchange.streaming = True
        return True

    def send_part(self, exchange: Exchange, data: bytes) -> asyncio.Future[None] | None:
        """A piece of a stream; wait for the future, if there is one, before the next (the client reads slowly)."""
        if exchange is self._current and data and not exchange.head_only:
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if exchange.version == "1.1" else data)
        return self._writable

    def end_stream(self, exchange: Exchange, status: int, *, failed: bool = False) -> None:
        """The end of a stream; a failed one is cut, so that the client can tell (RFC 9112, section 8)."""
        if exchange is not self._current:
            return
        if failed:
            self._transport.abort()
            return
        if exchange.version == "1.1" and not exchange.head_only:
            self._transport.write(b"0\r\n\r\n")
        self._answered(exchange, status, exchange.keep_alive)

    def _start_of_head(self, exchange: Exchange, status: int, content_type: bytes) -> tuple[bytes, bool]:
        last = not self._backlog and not self._unread and self._reader.incoming is None  # all is still answered
        service = self._service
        keep = exchange.keep_alive and not (last and (service.leaving or service.board.leaving or self._ended))
        line = CLOSE if not keep else KEEP_ALIVE if exchange.version == "1.0" else b""
        return service.heads.start(status, content_type, line), keep

    def _answered(self, exchange: Exchange, status: int, keep: bool) -> None:
        now = self._service.loop.time()
        self._current = None
        self._idle_since = now
        self._service.answered(exchange, status, now)
        if not keep:
            self._close_gently()
        elif self._backlog or self._reader.continue_due:
            self._advance()

    # Ends

    def _close_gently(self) -> None:
        """Close without a reset: say that we are done, take what still comes for a while, then close."""
        self._reader.done = True
        self._unread = b""
        for exchange in self._backlog:
            self._abandon(exchange)
        self._backlog.clear()
        if self._transport.is_closing():
            return
        if self.tls or self._ended:
            self._transport.close()
            return
        self._closing_at = self._service.loop.time()
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        self._transport.write_eof()

    def _abandon(self, exchange: Exchange) -> None:
        """Nobody waits for this answer any more."""
        exchange.gone = True
        if exchange.cancel is not None:
            exchange.cancel()
        self._service.answered(exchange, 499, self._service.loop.time())

    @property
    def idle(self) -> bool:
        """Nothing received that waits for an answer, nothing half received, nothing that has not arrived."""
        return (
            self._current is None
            and not self._backlog
            and self._reader.incoming is None
            and not self._transport.get_write_buffer_size()
            and not self._in_the_kernel()
        )

    def _in_the_kernel(self) -> int:
        """Bytes that the client has not acknowledged; our end of the connection, which counts as one, is none."""
        waiting = unacknowledged(self._transport.get_extra_info("socket"))
        return waiting - 1 if waiting and self._closing_at else waiting

    def close_idle(self) -> None:
        """The server leaves: an idle connection ends."""
        if self.idle and not self._closing_at:
            self._close_gently()

    def give_up(self, rejection: Rejected) -> None:
        """The deadline: what waits for an answer gets this one, the rest is cut."""
        current = self._current
        if current is None or current.streaming:
            self._transport.abort()
            return
        current.keep_alive = False
        self._drop(current, rejection)

    def _drop(self, exchange: Exchange, rejection: Rejected) -> None:
        """Answer for a model that is late; its own answer, if it ever comes, goes nowhere."""
        exchange.gone = True
        if exchange.cancel is not None:
            exchange.cancel()
        self.reject(exchange, rejection)

    # Time

    def sweep(self, now: float) -> None:
        """Enforce every time limit; `now` is the loop's time."""
        options, current = self._service.options, self._current
        unsent = self._transport.get_write_buffer_size() + (self._in_the_kernel() if self._closing_at else 0)
        if unsent != self._unsent or not unsent:
            self._unsent, self._unsent_since = unsent, now
        elif now - self._unsent_since > options.send_timeout_s:
            self._transport.abort()
            return
        if self._closing_at:
            if unsent:
                self._closing_at = now
            elif now - self._closing_at > _LINGERING_CLOSE_S:
                self._transport.abort()
        elif current is not None:
            if not current.streaming and now - current.received_at > options.request_timeout_s:
                limit = f"The model took longer than {options.request_timeout_s:g} s."
                self._drop(current, Rejected(504, limit))
        elif (slow := self._reader.overdue(now, self._idle_since)) is not None:
            self._reader.refuse(slow)
            self._advance()
        elif now - self._idle_since > options.keep_alive_s and self.idle:
            self._close_gently()
