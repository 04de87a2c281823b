"""A `Connection` without sockets or processes: its transport is a list of bytes, its clock stands still until moved.

The connection, the service and the parser are the real ones. `EchoRoute` answers at once and remembers what it
understood; `LaterRoute` keeps its requests until `answer_all` is called.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from hitless.serving.board import Board, Cell
from hitless.serving.connection import Connection
from hitless.serving.exchange import Exchange
from hitless.serving.lifecycle import Phase
from hitless.serving.metrics import EndpointMetrics, counters_for
from hitless.serving.options import Options
from hitless.serving.routes import Route, Routes
from hitless.serving.service import Service


class StillLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is moved by hand."""

    now = 1000.0

    def time(self) -> float:
        return self.now


class MemoryTransport(asyncio.Transport):
    """Keeps what is written; says when reading is paused, the writing side shut, the connection closed or cut."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.reading = True
        self.eof_sent = False
        self.closed = False
        self.aborted = False
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self.eof_sent or self.closed:
            raise AssertionError(f"written after the end: {bytes(data)!r}")
        self.writes.append(bytes(data))

    def write_eof(self) -> None:
        self.eof_sent = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    @property
    def done(self) -> bool:
        """The server says no more."""
        return self.closed or self.eof_sent


class EchoRoute:
    """Answers with the request as it was understood, as JSON. `seen` are those of all connections, in order."""

    def __init__(self, metrics: EndpointMetrics) -> None:
        self.metrics = metrics
        self.seen: list[Understood] = []

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Everything is taken."""

    def handle(self, exchange: Exchange) -> None:
        self.seen.append(understood(exchange))
        exchange.connection.reply(exchange, 200, b"application/json", json.dumps(self.seen[-1]).encode())


class LaterRoute(EchoRoute):
    """Answers when `answer_all` is called."""

    def __init__(self, metrics: EndpointMetrics) -> None:
        super().__init__(metrics)
        self.waiting: list[Exchange] = []

    def handle(self, exchange: Exchange) -> None:
        self.waiting.append(exchange)

    def answer_all(self) -> None:
        waiting, self.waiting = self.waiting, []
        for exchange in waiting:
            super().handle(exchange)


class Understood(NamedTuple):
    """A request in the terms in which two servers can be compared; bytes as latin-1 text."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: str


def understood(exchange: Exchange) -> Understood:
    method, path, query, body = (
        value.decode("latin-1") for value in (exchange.method, exchange.path, exchange.query, exchange.body)
    )
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers)
    return Understood(method, path, query, headers, body)


class AnyPath(Routes):
    """Every method and path leads to one route."""

    def __init__(self, route: Route) -> None:
        super().__init__([])
        self._route = route

    def find(self, method: bytes, path: bytes) -> Route:
        return self._route


@dataclass
class Bench:
    """One service, ready for connections. `close` frees what it holds."""

    options: Options = field(default_factory=Options)
    later: bool = False

    def __post_init__(self) -> None:
        self.loop = StillLoop()
        self.board = Board(1, counters_for(["echo"]))
        self.board.phase = Phase.READY
        self.executor = ThreadPoolExecutor(1)
        self.service = Service(self.options, self.loop, self.board, 0, self.executor)
        metrics = EndpointMetrics(self.service.row, 0)
        self.service.unrouted = EndpointMetrics(self.service.row, 1)
        self.route = LaterRoute(metrics) if self.later else EchoRoute(metrics)
        self.service.routes = AnyPath(self.route)

    def close(self) -> None:
        self.loop.close()
        self.executor.shutdown()

    @property
    def in_flight(self) -> int:
        return int(self.service.row[Cell.IN_FLIGHT])

    def connect(self) -> Wire:
        transport = MemoryTransport()
        connection = Connection(self.service)
        connection.connection_made(transport)
        return Wire(connection, transport)


class Wire:
    """The client's end: feeds chunks as a socket would, that is, only while the server reads."""

    def __init__(self, connection: Connection, transport: MemoryTransport) -> None:
        self.connection = connection
        self.transport = transport

    def feed(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if self.transport.closed:
                return
            assert self.transport.reading, "a route that answers at once never makes the server stop reading"
            self.connection.data_received(chunk)

    def hang_up(self) -> None:
        """The client is gone."""
        if not self.connection.eof_received():
            self.transport.close()
        self.connection.connection_lost(None)

    def wait_for_the_end(self, loop: StillLoop) -> None:
        """The client says and reads no more: an hour passes, in steps in which every limit is looked at."""
        for _ in range(120):
            if self.transport.closed:
                return
            loop.now += 30
            self.connection.sweep(loop.now)

    def replies(self) -> list[Reply]:
        """What was written: a whole answer in each write, as the connection promises."""
        return [read_reply(data) for data in self.transport.writes]


class Reply(NamedTuple):
    """One answer, without what differs from run to run: its date and its request id."""

    status: int
    fields: frozenset[tuple[bytes, bytes]]
    body: bytes
    keeps: bool


_REPLY = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n((?:[a-z0-9-]+: [^\r\n]*\r\n)*)\r\n(.*)", re.DOTALL)
_VARYING = {b"date", b"x-request-id", b"content-length"}


def read_reply(data: bytes) -> Reply:
    """AssertionError for what is no answer, or whose length is not what it says."""
    match = _REPLY.fullmatch(data)
    assert match, f"no answer: {data[:200]!r}"
    fields = dict(line.split(b": ", 1) for line in match[2].split(b"\r\n") if line)
    if match[3]:
        assert int(fields[b"content-length"]) == len(match[3])
    body = match[3].replace(fields.get(b"x-request-id", b"-"), b"")
    told = frozenset((name, value) for name, value in fields.items() if name not in _VARYING)
    return Reply(int(match[1]), told, body, fields.get(b"connection", b"") != b"close")


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in pieces, cut at the places (any order, repeats and out of range allowed)."""
    bounds = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(bounds) if start < end]
