"""One connection: bytes ⇄ requests, in order; keep-alive, limits, slow clients, closing.

Owns the bytes' life only. llhttp parses, `framing` judges heads, routes answer; nothing here knows a model. Callbacks
of the event loop and of the parser; no task, future or timer a request: `sweep` is called for every connection
several times a second and enforces all time limits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import httptools

from hitless.serving.board import Cell
from hitless.serving.exchange import Exchange
from hitless.serving.framing import read_head, split_target
from hitless.serving.heads import CLOSE, KEEP_ALIVE
from hitless.serving.replies import header_lines, problem
from hitless.serving.request import Rejected

if TYPE_CHECKING:
    from hitless.serving.service import Service

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BACKLOG = 8  # pipelined requests in hand before reading pauses
_DISCARD_BYTES = 65_536  # a refused body up to here is read and forgotten, so that the connection can go on
_LINGERING_CLOSE_S = (
    2.0  # after our last byte: time in which the client's bytes are still taken, lest a reset eats ours
)
_HALF_CLOSE_S = 0.1  # an end of sending this soon after a request means "answer, then done"; later: the client is gone
_BODY_BYTES_PER_S = 1000


class Connection(asyncio.Protocol):
    __slots__ = (
        "_advancing",
        "_backlog",
        "_body",
        "_body_bytes",
        "_closing_at",
        "_continue_due",
        "_current",
        "_discarding",
        "_ended",
        "_failure",
        "_field_bytes",
        "_head_bytes",
        "_idle_since",
        "_in_head",
        "_incoming",
        "_parser",
        "_reading_paused",
        "_receiving_since",
        "_service",
        "_target",
        "_transport",
        "_unsent",
        "_unsent_since",
        "_writable",
        "served",
        "tls",
    )

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._incoming: Exchange | None = None  # being received
        self._current: Exchange | None = None  # being answered
        self._backlog: deque[Exchange] = deque()  # received whole, waiting for their turn
        self._advancing = False
        self._in_head = False
        self._head_bytes = 0
        self._field_bytes = 0
        self._target = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._receiving_since = 0.0
        self._idle_since = service.loop.time()
        self._failure: Rejected | None = None
        self._discarding = False  # what still comes is not read as requests
        self._reading_paused = False
        self._continue_due = False
        self._ended = False  # the client sends no more
        self._closing_at = 0.0  # > 0: our last byte is written, waiting for the client's end
        self._unsent = 0
        self._unsent_since = 0.0
        self._writable: asyncio.Future[None] | None = None
        self.served = 0  # requests answered
        self.tls = False

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.tls = transport.get_extra_info("ssl_object") is not None
        self._service.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        was_in_head = self._in_head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # the offer is declined: answered as HTTP/1.1, then closed
            self._discarding = True
        except httptools.HttpParserError as error:
            self._fail(error)
        else:
            if was_in_head and self._in_head:
                self._count_head(len(data))
        if self._backlog:
            self._advance()

    def eof_received(self) -> bool:
        self._ended = True
        waiting = self._current or (self._backlog[0] if self._backlog else None)
        if waiting is None or self.tls:
            return False
        soon = self._service.loop.time() - waiting.received_at < _HALF_CLOSE_S
        return soon or waiting.begun or waiting.streaming

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.closed(self)
        self._discarding = True
        for exchange in (*filter(None, (self._current,)), *self._backlog):
            self._abandon(exchange)
        self._current = None
        self._backlog.clear()
        self._forget_body()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = self._service.loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None
            self._advance()

    # What the parser calls

    def on_message_begin(self) -> None:
        self._incoming = Exchange(self)
        self._in_head = True
        self._head_bytes = self._field_bytes = 0
        self._target = b""
        self._receiving_since = self._service.loop.time()

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._service.options.max_line_bytes:
            self._failure = Rejected(414, "The request line is too long.")
            raise self._failure

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: nothing of ours uses one
        headers, options = cast(Exchange, self._incoming).headers, self._service.options
        headers.append((name.lower(), value))
        self._field_bytes += len(name) + len(value) + 4
        if len(headers) > options.max_headers or self._field_bytes > options.max_head_bytes:
            limits = f"{options.max_headers} headers of {options.max_head_bytes} bytes together"
            self._failure = Rejected(431, f"The head is too large; allowed are {limits}.")
            raise self._failure

    def on_headers_complete(self) -> None:
        exchange, service, parser = cast(Exchange, self._incoming), self._service, self._parser
        self._in_head = False
        exchange.method = parser.get_method()
        exchange.path, exchange.query = split_target(self._target)
        exchange.keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        length, expects_continue = read_head(exchange, parser.get_http_version())
        if not exchange.request_id:
            exchange.request_id = service.new_request_id()
        if exchange.rejection is None:
            try:
                service.check(exchange, length)
            except Rejected as rejection:
                exchange.rejection = rejection
        if exchange.rejection is not None:
            if length is None or length > _DISCARD_BYTES or expects_continue:
                raise exchange.rejection  # answered at once; the body is not waited for
        elif expects_continue and length != 0:
            self._continue_due = True
            self._advance()

    def on_body(self, data: bytes) -> None:
        exchange = cast(Exchange, self._incoming)
        self._continue_due = False  # it did not wait
        self._body_bytes += len(data)
        if exchange.rejection is not None:
            return
        if self._body_bytes > self._service.options.max_body_bytes:
            self._failure = self._service.too_large()
            raise self._failure
        self._body.append(data)
        if len(self._body) > 1:
            self._service.buffered += len(data)

    def on_message_complete(self) -> None:
        exchange, body = cast(Exchange, self._incoming), self._body
        if body:
            exchange.body = body[0] if len(body) == 1 else b"".join(body)
            self._forget_body()
        self._continue_due = False
        self._incoming = None
        self._receive(exchange)
        if not exchange.keep_alive:
            self._discarding = True

    def _count_head(self, size: int) -> None:
        """Bound a head that does not end; one that ends is judged field by field, however it was cut."""
        self._head_bytes += size
        options = self._service.options
        if self._head_bytes > options.max_head_bytes + options.max_line_bytes:
            self._refuse_rest(Rejected(431, "The head of the request is too large."))

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
        while self._backlog and self._current is None and self._writable is None and not self._closing_at:
            self._begin(self._backlog.popleft())
        self._advancing = False
        if self._reading_paused and len(self._backlog) < _BACKLOG and not self._transport.is_closing():
            self._reading_paused = False
            self._transport.resume_reading()
        if self._continue_due and self._current is None and not self._backlog:
            self._continue_due = False
            self._transport.write(_CONTINUE)

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        exchange.head_only = exchange.method == b"HEAD"
        rejection = exchange.rejection
        if rejection is None:
            try:
                cast(Any, exchange.route).handle(exchange)
            except Rejected as raised:
                rejection = raised
            except Exception:
                self._service.log.exception("%s failed", exchange.request_id.decode(), extra=_id_of(exchange))
                rejection = Rejected(500, "The server failed; its log says why.")
        if rejection is not None:
            self.reject(exchange, rejection)

    # Answers

    def reject(self, exchange: Exchange, rejection: Rejected) -> None:
        """Answer with problem details."""
        body = problem(rejection, exchange.request_id)
        self.reply(exchange, rejection.status, b"application/problem+json", body, header_lines(rejection.headers))

    def reply(self, exchange: Exchange, status: int, content_type: bytes, body: bytes, headers: bytes = b"") -> None:
        """The whole answer in one write. Dropped where nobody waits for it any more."""
        if exchange is not self._current:
            return
        start, keep = self._start_of_head(exchange, status, content_type)
        if status in (204, 304):
            framing = b""
        else:
            framing = b"content-length: %d\r\n" % len(body)
        if exchange.head_only:
            body = b""
        self._transport.write(
            b"%b%bx-request-id: %b\r\n%b\r\n%b" % (start, framing, exchange.request_id, headers, body)
        )
        self._answered(exchange, status, keep)

    def start_stream(self, exchange: Exchange, status: int, content_type: bytes, headers: bytes = b"") -> bool:
        """The head of an answer whose length is not known yet; False where nobody waits for it any more."""
        if exchange is not self._current:
            return False
        chunked = exchange.version == "1.1"
        exchange.keep_alive = exchange.keep_alive and chunked
        start, exchange.keep_alive = self._start_of_head(exchange, status, content_type)
        framing = b"transfer-encoding: chunked\r\n" if chunked else b""
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
        last = not self._backlog and self._incoming is None  # what has come in is still answered
        keep = exchange.keep_alive and not (last and (self._service.leaving or self._ended))
        line = CLOSE if not keep else KEEP_ALIVE if exchange.version == "1.0" else b""
        return self._service.heads.start(status, content_type, line), keep

    def _answered(self, exchange: Exchange, status: int, keep: bool) -> None:
        now = self._service.loop.time()
        self._current = None
        self._idle_since = now
        self.served += 1
        self._service.answered(exchange, status, now)
        if not keep:
            self._close_gently()
        elif self._backlog or self._continue_due:
            self._advance()

    # Ends

    def _fail(self, error: httptools.HttpParserError) -> None:
        """The parser or one of our callbacks stopped: answer with the reason, after what came before it."""
        if self._discarding:
            return  # bytes after a last request are no request
        exchange = self._incoming
        if exchange is not None and exchange.rejection is not None:
            self._refuse_rest(exchange.rejection)
        elif self._failure is not None:
            self._refuse_rest(self._failure)
        elif isinstance(error, httptools.HttpParserCallbackError):
            self._service.log.error("a callback of the parser failed", exc_info=error.__context__ or error)
            self._refuse_rest(Rejected(500, "The server failed; its log says why."))
        else:
            self._refuse_rest(Rejected(400, f"This is no HTTP/1.1 request: {error}."))

    def _refuse_rest(self, rejection: Rejected) -> None:
        """Refuse the request that is coming in; nothing after it is read."""
        exchange = self._incoming or Exchange(self)
        self._incoming = None
        self._in_head = False
        exchange.rejection, exchange.keep_alive = rejection, False
        exchange.request_id = exchange.request_id or self._service.new_request_id()
        self._forget_body()
        self._discarding = True
        self._receive(exchange)
        self._advance()

    def _close_gently(self) -> None:
        """Close without a reset: say that we are done, take what still comes for a while, then close."""
        self._discarding = True
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

    def _forget_body(self) -> None:
        if len(self._body) > 1:
            self._service.buffered -= sum(map(len, self._body)) - len(self._body[0])
        self._body = []
        self._body_bytes = 0

    # Time

    @property
    def idle(self) -> bool:
        """Nothing received that waits for an answer, nothing half received, nothing unsent."""
        return (
            self._current is None
            and not self._backlog
            and self._incoming is None
            and not self._transport.get_write_buffer_size()
        )

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
        self._backlog.clear()
        if current.cancel is not None:
            current.cancel()
        current.gone = True
        self.reject(current, rejection)

    def sweep(self, now: float) -> None:
        """Enforce every time limit; `now` is the loop's time."""
        options, current = self._service.options, self._current
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._unsent_since = unsent, now
        elif now - self._unsent_since > options.send_timeout_s:
            self._transport.abort()
            return
        if self._closing_at:
            if not unsent and now - self._closing_at > _LINGERING_CLOSE_S:
                self._transport.abort()
        elif current is not None:
            if not current.streaming and now - current.received_at > options.request_timeout_s:
                self._time_out(current)
        elif self._incoming is not None:
            self._sweep_incoming(now)
        elif not self._backlog and not unsent and now - self._idle_since > options.keep_alive_s:
            self._close_gently()

    def _sweep_incoming(self, now: float) -> None:
        options, since = self._service.options, max(self._receiving_since, self._idle_since)
        if self._in_head:
            if now - since > options.head_timeout_s:
                self._refuse_rest(Rejected(408, f"The head did not arrive within {options.head_timeout_s:g} s."))
        elif now - since > options.body_timeout_s + self._body_bytes / _BODY_BYTES_PER_S:
            self._refuse_rest(Rejected(408, "The body arrives too slowly."))

    def _time_out(self, exchange: Exchange) -> None:
        if exchange.cancel is not None:
            exchange.cancel()
        exchange.gone = True
        limit = self._service.options.request_timeout_s
        self.reject(exchange, Rejected(504, f"The model took longer than {limit:g} s."))


def _id_of(exchange: Exchange) -> dict[str, str]:
    return {"request_id": exchange.request_id.decode()}
