"""Calls of a package without a socket: for the warm-up, and for `hitless predict DIR`.

The same routes, arguments, batches and replies as over HTTP; only the connection is another.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hitless.serving.board import Cell
from hitless.serving.exchange import Exchange
from hitless.serving.replies import problem
from hitless.serving.request import Rejected

if TYPE_CHECKING:
    from hitless.serving.connection import Connection
    from hitless.serving.service import Service


@dataclass(frozen=True)
class Answer:
    """A whole answer; of a stream, its pieces together."""

    status: int
    content_type: str
    body: bytes


class LocalConnection:
    """Where the answer of one request goes: a future."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stream: list[bytes] = []
        self._head = (0, b"")
        self.answer: asyncio.Future[Answer] = service.loop.create_future()

    def reply(self, exchange: Exchange, status: int, content_type: bytes, body: bytes, headers: bytes = b"") -> None:
        self._service.row[Cell.IN_FLIGHT] -= 1
        if not self.answer.done():
            self.answer.set_result(Answer(status, content_type.decode("latin-1"), body))

    def reject(self, exchange: Exchange, rejection: Rejected) -> None:
        body = problem(rejection, exchange.request_id)
        self.reply(exchange, rejection.status, b"application/problem+json", body)

    def start_stream(self, exchange: Exchange, status: int, content_type: bytes, headers: bytes = b"") -> bool:
        self._head = (status, content_type)
        return True

    def send_part(self, exchange: Exchange, data: bytes) -> None:
        self._stream.append(data)

    def end_stream(self, exchange: Exchange, status: int, *, failed: bool = False) -> None:
        self.reply(exchange, self._head[0], self._head[1], b"".join(self._stream))


async def call(
    service: Service, method: str, url: str, *, query: str = "", content_type: str | None = None, body: bytes = b""
) -> Answer:
    """One request through the service's routes. Not counted among the answers in the metrics."""
    connection = LocalConnection(service)
    exchange = Exchange(cast("Connection", connection))
    exchange.method, exchange.path, exchange.query = method.encode(), url.encode(), query.encode()
    exchange.content_type = content_type.encode() if content_type is not None else None
    exchange.body = body
    exchange.request_id = service.new_request_id()
    exchange.received_at = service.loop.time()
    service.row[Cell.IN_FLIGHT] += 1
    try:
        service.check(exchange, len(body))
        cast(Any, exchange.route).handle(exchange)
    except Rejected as rejection:
        connection.reject(exchange, rejection)
    return await connection.answer
