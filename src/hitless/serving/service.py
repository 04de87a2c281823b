"""What the connections of one worker share: options, routes, counters, limits. No sockets."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, cast

from hitless.serving.board import Board, Cell
from hitless.serving.exchange import Exchange
from hitless.serving.heads import Heads
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.options import Options
from hitless.serving.request import Rejected
from hitless.serving.routes import Routes

if TYPE_CHECKING:
    from hitless.serving.connection import Connection
    from hitless.serving.routes import Route

_COUNTED_BODY = 65_536  # smaller bodies are not worth a budget

AccessLog = Callable[[Exchange, int, float], None]


class Service:
    """One worker's. `leaving`: answers carry `Connection: close`. `queued`: requests that wait for the model."""

    def __init__(
        self, options: Options, loop: asyncio.AbstractEventLoop, board: Board, index: int, executor: Executor
    ) -> None:
        self.options = options
        self.loop = loop
        self.board = board
        self.row = board.row(index)
        self.executor = executor
        self.heads = Heads()
        self.routes = Routes(())
        self.unrouted: EndpointMetrics | None = None  # counts what no endpoint of the contract answered
        self.connections: set[Connection] = set()
        self.leaving = False
        self.queued = 0
        self.buffered = 0
        self.log = logging.getLogger("hitless")
        self.access_log: AccessLog | None = None
        self._id_prefix = os.urandom(6).hex().encode()
        self._ids = 0

    def new_request_id(self) -> bytes:
        self._ids += 1
        return b"%b-%x" % (self._id_prefix, self._ids)

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)
        self.row[Cell.CONNECTIONS] = len(self.connections)

    def closed(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self.row[Cell.CONNECTIONS] = len(self.connections)

    def check(self, exchange: Exchange, length: int | None) -> None:
        """Judge a request by its head, and find its route; raises Rejected."""
        exchange.route = route = self.routes.find(exchange.method, exchange.path)
        if length is not None and length > self.options.max_body_bytes:
            raise self.too_large()
        if (length is None or length > _COUNTED_BODY) and self.buffered + (
            length or 0
        ) > self.options.max_buffered_bytes:
            raise self.too_busy()
        route.check(exchange, length != 0)

    def handle(self, exchange: Exchange) -> None:
        """Give a request to its route; whatever is raised becomes its answer."""
        rejection = exchange.rejection
        if rejection is None:
            try:
                cast("Route", exchange.route).handle(exchange)
            except Rejected as raised:
                rejection = raised
            except Exception:
                self.log.exception("the server failed on a request", extra={"request_id": exchange.request_id.decode()})
                rejection = Rejected(500, "The server failed; its log says why.")
        if rejection is not None:
            exchange.connection.reject(exchange, rejection)

    def answered(self, exchange: Exchange, status: int, now: float) -> None:
        """Count an answer, or with status 499 the end of a request whose client has gone."""
        self.row[Cell.IN_FLIGHT] -= 1
        metrics = exchange.route.metrics if exchange.route is not None else self.unrouted
        seconds = now - exchange.received_at
        if metrics is not None:
            metrics.answered(status, seconds)
        if self.access_log is not None:
            self.access_log(exchange, status, seconds)

    def too_large(self) -> Rejected:
        return Rejected(413, f"The body is larger than {self.options.max_body_bytes:,} bytes.")

    def too_busy(self) -> Rejected:
        return Rejected(503, "Too many requests are waiting; try again.", headers={"retry-after": "1"})
