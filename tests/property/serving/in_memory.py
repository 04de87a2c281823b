"""A `Connection` without sockets or processes: its transport is a list of bytes, its clock stands still until moved.

The connection, the service and the parser are the real ones. `EchoRoute` answers at once with what it understood;
`LaterRoute` keeps its requests until `answer_all` is called.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

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
        self.sent = bytearray()
        self.reading = True
        self.eof_sent = False
        self.closed = False
        self.aborted = False
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self.eof_sent or self.closed:
            raise AssertionError(f"written after the end: {bytes(data)!r}")
        self.sent += data

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
    """Answers with the request as it was understood, as JSON."""

    def __init__(self, metrics: EndpointMetrics) -> None:
        self.metrics = metrics

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Everything is taken."""

    def handle(self, exchange: Exchange) -> None:
        exchange.connection.reply(exchange, 200, b"application/json", json.dumps(understood(exchange)).encode())


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


def understood(exchange: Exchange) -> dict[str, Any]:
    """A request in the terms in which two servers can be compared."""
    return {
        "method": exchange.method.decode("latin-1"),
        "target": (exchange.path + (b"?" + exchange.query if exchange.query else b"")).decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in exchange.headers],
        "body": exchange.body.decode("latin-1"),
    }


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

    @property
    def sent(self) -> bytes:
        return bytes(self.transport.sent)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in pieces, cut at the places (any order, repeats and out of range allowed)."""
    bounds = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in zip(bounds, bounds[1:], strict=False) if start < end]
