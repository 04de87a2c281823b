"""A small HTTP/1.1 balancer with pooled connections to its instances, which never sends a request a second time.

It behaves as the platform's dispatcher does towards an instance: connections are kept and used again, an instance gets
requests once its health check says that it is ready, and for a while after it was told to leave. Where others would
try again elsewhere and hide it, a request that an instance loses is told here, as a 502.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import httptools

from hitless.checking.probes.client import PATIENCE_S, Answer, ask, connect, failed_to_connect
from hitless.checking.probes.request import Request
from hitless.checking.probes.wire import Wire
from hitless.engines.running import Address

MOST_BODY_BYTES = 64 << 20
_HOP_BY_HOP = frozenset(  # RFC 9110, section 7.6.1; and those that whoever sends a message adds
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"}
    | {"content-length", "expect"}
)
_REASONS = {200: "OK", 502: "Bad Gateway", 503: "Service Unavailable"}


@dataclass
class _Backend:
    """`idle`: connections to it that wait for a request, the one used last at the end."""

    address: Address
    idle: list[Wire] = field(default_factory=list)
    is_removed: bool = False


class Balancer:
    """Requests go to the backends in turn. `patience_s`: for an answer, then it is a 502, too."""

    def __init__(self, *, tls: bool = False, patience_s: float = PATIENCE_S) -> None:
        self._tls = tls
        self._patience_s = patience_s
        self._backends: dict[str, _Backend] = {}
        self._turn = itertools.count()

    def add(self, name: str, address: Address) -> None:
        """It gets requests from now on."""
        self._backends[name] = _Backend(address)

    def remove(self, name: str) -> None:
        """It gets no request from now on; those under way are answered, and its idle connections are closed."""
        backend = self._backends.pop(name)
        backend.is_removed = True
        while backend.idle:
            backend.idle.pop().close()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._backends)

    async def forward(self, request: Request) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """Status, headers and body for the client. A 502 says in its body which instance lost it, and how."""
        if not self._backends:
            return _told(503, "no instance is ready")
        names = self.names
        name = names[next(self._turn) % len(names)]
        backend = self._backends[name]
        answer = await self._asked(backend, request)
        if answer.failure is None:
            return answer.status, _end_to_end(answer.headers), answer.body
        place = f"connection {answer.connection}, request {answer.nth} on it"
        return _told(502, f"{name} lost it ({answer.failure.value}; {place}; {answer.detail or 'no error was told'})")

    async def _asked(self, backend: _Backend, request: Request) -> Answer:
        wire = self._idle(backend)
        if wire is None:
            try:
                wire = await connect(backend.address, tls=self._tls, kept_bytes=MOST_BODY_BYTES)
            except OSError as error:
                return failed_to_connect(error)
        try:
            answer = await ask(wire, request, self._patience_s, host=backend.address.url.partition("://")[2])
        except asyncio.CancelledError:
            wire.abort()
            raise
        if answer.keeps and not backend.is_removed:
            backend.idle.append(wire)
        else:
            wire.close()
        return answer

    @staticmethod
    def _idle(backend: _Backend) -> Wire | None:
        while backend.idle:
            wire = backend.idle.pop()
            if not wire.is_lost:
                return wire
        return None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Address]:
        """On a free port of the loopback; in the end every connection is closed."""
        fronts: set[_Front] = set()
        server = await asyncio.get_running_loop().create_server(lambda: _Front(self, fronts), "127.0.0.1", 0)
        try:
            yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for front in tuple(fronts):
                front.abort()
            for name in self.names:
                self.remove(name)


class _Front(asyncio.Protocol):
    """A client's connection: its requests one after the other."""

    def __init__(self, balancer: Balancer, fronts: set[_Front]) -> None:
        self._balancer = balancer
        self._fronts = fronts
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._fronts.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fronts.discard(self)

    def abort(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    # What the parser calls

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        kept = tuple((name, value) for name, value in self._headers if name.lower() not in _HOP_BY_HOP)
        method, path = self._parser.get_method().decode(), self._url.decode("latin-1")
        request = Request(method, path, kept, b"".join(self._body))
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        while self._waiting:
            request, keeps = self._waiting.popleft()
            status, headers, body = await self._balancer.forward(request)
            if self._transport.is_closing():
                break
            self._transport.write(_head(status, headers, len(body), keeps=keeps))
            if request.method != "HEAD":
                self._transport.write(body)
            if not keeps:
                self._transport.close()
                break
        self._task = None


def _told(status: int, text: str) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    return status, (("content-type", "text/plain"),), text.encode()


def _end_to_end(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name not in _HOP_BY_HOP)


def _head(status: int, headers: tuple[tuple[str, str], ...], size: int, *, keeps: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}", *(f"{name}: {value}" for name, value in headers)]
    if status >= 200 and status not in (204, 304):
        lines.append(f"content-length: {size}")
    if not keeps:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
