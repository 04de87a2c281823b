"""Bytes → requests: what comes in on one connection, read by llhttp, within every limit.

Whole requests and refusals go to `receive`, in order; after a refusal, or a request that ends the connection, `done` is
set and nothing more is read. Parses and counts; writes nothing, waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import httptools

from hitless.serving.exchange import Exchange
from hitless.serving.framing import read_head, split_target
from hitless.serving.request import Rejected

if TYPE_CHECKING:
    from hitless.serving.connection import Connection
    from hitless.serving.service import Service

_DISCARD_BYTES = 65_536  # a refused body up to here is read and forgotten, so that the connection can go on
_BODY_BYTES_PER_S = 1000
_SMALL_PIECE = 512  # bytes; smaller ones are kept together, else objects of two bytes each cost 28 times their data
_AROUND_CHUNKS = 16  # bytes for each byte of data: chunks of one byte have six


class Reader:
    """The receiving half of a connection. `incoming` is the request that is on its way, `continue_due` that its client
    waits for 100 Continue."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_chunked_bytes",
        "_connection",
        "_failure",
        "_field_bytes",
        "_head_bytes",
        "_in_head",
        "_length",
        "_offered",
        "_parser",
        "_receive",
        "_service",
        "_since",
        "_target",
        "continue_due",
        "done",
        "incoming",
    )

    def __init__(self, service: Service, connection: Connection, receive: Callable[[Exchange], None]) -> None:
        self._service = service
        self._connection = connection
        self._receive = receive
        self._parser = httptools.HttpRequestParser(self)
        self._failure: Rejected | None = None
        self._offered = False  # another protocol, in the head that was just read
        self._in_head = False
        self._length = 0  # of the body under way, as its head has it; 0 for chunks
        self._head_bytes = 0  # as they came, of a head that has not ended
        self._field_bytes = 0  # of the fields of this head, exactly
        self._target = b""
        self._body: list[bytes | bytearray] = []  # the first piece is as it came, bytes
        self._body_bytes = 0
        self._chunked_bytes = 0  # as they came, after the head
        self._since = 0.0
        self.incoming: Exchange | None = None
        self.continue_due = False
        self.done = False

    def feed(self, data: bytes) -> None:
        """Read on."""
        before, was_in_head = self.incoming, self._in_head
        while data and not self.done:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self.incoming is None:  # CONNECT: refused already, and what follows is no HTTP
                    return
                data = self._without_offer() + data[offer.args[0] :]
                continue
            except httptools.HttpParserError as error:
                self._fail(error)
            else:
                if before is not None and self.incoming is before:
                    self._count(len(data), was_in_head)
            return

    @property
    def body_left(self) -> int:
        """Bytes of the body under way that are still to come, 0 where that is not known."""
        return 0 if self.incoming is None or self._in_head else self._length - self._body_bytes

    def refuse(self, rejection: Rejected) -> None:
        """Refuse the request that is coming in; nothing after it is read."""
        exchange = self.incoming or Exchange(self._connection)
        self.incoming = None
        self.continue_due = False
        self.done = True
        exchange.rejection, exchange.keep_alive = rejection, False
        exchange.request_id = exchange.request_id or self._service.new_request_id()
        self.forget_body()
        self._receive(exchange)

    def end(self) -> None:
        """The client sends no more: the rest of a request that is half here can never come."""
        self.done = True
        self.incoming = None
        self.continue_due = False
        self.forget_body()

    def overdue(self, now: float, since: float) -> Rejected | None:
        """What to say to a client whose request is too slow; `since`: when it last had our attention."""
        if self.incoming is None:
            return None
        options, waited = self._service.options, now - max(self._since, since)
        if self._in_head:
            if waited > options.head_timeout_s:
                return Rejected(408, f"The head did not arrive within {options.head_timeout_s:g} s.")
        elif waited > options.body_timeout_s + self._body_bytes / _BODY_BYTES_PER_S:
            return Rejected(408, "The body arrives too slowly.")
        return None

    def forget_body(self) -> None:
        """Let go of what was received of a body."""
        if len(self._body) > 1:
            self._service.buffered -= sum(map(len, self._body)) - len(self._body[0])
        self._body = []
        self._body_bytes = 0

    # What the parser calls

    def on_message_begin(self) -> None:
        self.incoming = Exchange(self._connection)
        self._in_head = True
        self._head_bytes = self._field_bytes = self._body_bytes = self._chunked_bytes = 0
        self._target = b""
        self._since = self._service.loop.time()

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._service.options.max_line_bytes:
            self._stop(Rejected(414, "The request line is too long."))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: nothing of ours uses one
        headers, options = cast(Exchange, self.incoming).headers, self._service.options
        headers.append((name.lower(), value.rstrip(b" \t")))
        self._field_bytes += len(name) + len(value) + 4
        if len(headers) > options.max_headers or self._field_bytes > options.max_head_bytes:
            limits = f"{options.max_headers} headers of {options.max_head_bytes} bytes together"
            self._stop(Rejected(431, f"The head is too large; allowed are {limits}."))

    def on_headers_complete(self) -> None:
        exchange, service, parser = cast(Exchange, self.incoming), self._service, self._parser
        self._in_head = False
        exchange.method = parser.get_method()
        if parser.should_upgrade() and exchange.method != b"CONNECT":
            self._offered = True
            return
        exchange.path, exchange.query = split_target(self._target)
        exchange.keep_alive = parser.should_keep_alive() and exchange.method != b"CONNECT"
        length, expects_continue = read_head(exchange, parser.get_http_version())
        self._length = length or 0
        if not exchange.request_id:
            exchange.request_id = service.new_request_id()
        if exchange.rejection is None:
            try:
                service.check(exchange, length)
            except Rejected as rejection:
                exchange.rejection = rejection
        if exchange.rejection is None:
            self.continue_due = expects_continue and length != 0
        elif length is None or length > _DISCARD_BYTES or expects_continue:
            self._stop(exchange.rejection)  # answered at once; the body is not waited for

    def on_body(self, data: bytes) -> None:
        exchange = cast(Exchange, self.incoming)
        self.continue_due = False  # it did not wait
        self._body_bytes += len(data)
        if exchange.rejection is not None:
            return
        if self._body_bytes > self._service.options.max_body_bytes:
            self._stop(self._service.too_large())
        pieces = self._body
        if not pieces:
            pieces.append(data)
            return
        self._service.buffered += len(data)
        if len(data) >= _SMALL_PIECE:
            pieces.append(data)
        elif isinstance(last := pieces[-1], bytearray):
            last += data
        else:
            pieces.append(bytearray(data))

    def on_message_complete(self) -> None:
        if self._offered:
            return  # not the end of the request, but all that llhttp would read of it; see `_without_offer`
        exchange, body = cast(Exchange, self.incoming), self._body
        if body:
            exchange.body = cast(bytes, body[0]) if len(body) == 1 else b"".join(body)
            self.forget_body()
        self.continue_due = False
        self.incoming = None
        self.done = not exchange.keep_alive
        self._receive(exchange)

    def _without_offer(self) -> bytes:
        """The head of a request that offers another protocol, without the offer, for a fresh parser.

        A server that declines an upgrade goes on as if it had not been offered (RFC 9110, section 7.8); llhttp would
        not read the body.
        """
        exchange, parser = cast(Exchange, self.incoming), self._parser
        self._offered = False
        self._parser = httptools.HttpRequestParser(self)
        lines = [b"%b %b HTTP/%b" % (exchange.method, self._target, parser.get_http_version().encode())]
        for name, value in exchange.headers:
            if name == b"connection":
                options = [option for option in value.split(b",") if option.strip().lower() != b"upgrade"]
                lines.append(b"connection: " + b",".join(options))
            elif name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    # Limits and faults

    def _stop(self, failure: Rejected) -> None:
        """Leave the parser, from within one of its callbacks."""
        self._failure = failure
        raise failure

    def _count(self, size: int, was_in_head: bool) -> None:
        """Bound what no callback tells of: a head that does not end, and what surrounds the data of chunks.

        A head that ends is judged field by field, however it was cut.
        """
        options = self._service.options
        if not was_in_head:
            self._chunked_bytes += size
            if self._chunked_bytes > options.max_head_bytes + _AROUND_CHUNKS * self._body_bytes:
                self.refuse(Rejected(431, "Too much surrounds the data of the chunks."))
            return
        if not self._in_head:
            return
        self._head_bytes += size
        slack = 1024 + 4 * options.max_headers  # what is neither target nor field
        if self._head_bytes > options.max_head_bytes + options.max_line_bytes + slack:
            self.refuse(Rejected(431, "The head of the request is too large."))

    def _fail(self, error: httptools.HttpParserError) -> None:
        """The parser, or one of our callbacks, stopped: refused, with the reason."""
        if self.done:
            return  # bytes after a last request are no request
        rejection = self._failure or (self.incoming and self.incoming.rejection)
        if rejection is None and isinstance(error, httptools.HttpParserCallbackError):
            self._service.log.error("a callback of the parser failed", exc_info=error.__context__ or error)
            rejection = Rejected(500, "The server failed; its log says why.")
        if rejection is None and str(error) == "Invalid HTTP version":
            rejection = Rejected(505, "This version of HTTP is not spoken here: use HTTP/1.1.")
        self.refuse(rejection or Rejected(400, f"This is no HTTP/1.1 request: {error}."))
