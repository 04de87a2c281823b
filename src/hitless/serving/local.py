"""Calls of a package without a socket: for the warm-up, and for `hitless predict DIR`.

The same routes, arguments, batches and replies as over HTTP; only the connection is another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hitless.errors import HitlessError, InputError, Problem
from hitless.serving.board import Board, Cell, State
from hitless.serving.endpoints import bind, endpoint_name
from hitless.serving.exchange import Exchange
from hitless.serving.lifecycle import Phase
from hitless.serving.metrics import counters_for
from hitless.serving.package import Package, load_model
from hitless.serving.replies import problem
from hitless.serving.request import Rejected
from hitless.serving.routing import model_routes, routes_of
from hitless.serving.service import Service

if TYPE_CHECKING:
    from hitless.serving.connection import Connection
    from hitless.serving.options import Options


@dataclass(frozen=True)
class Answer:
    """A whole answer; of a stream, its pieces together. `complete`: the model did not fail in the middle of it."""

    status: int
    content_type: str
    body: bytes
    complete: bool = True


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
        self._service.row[Cell.IN_FLIGHT] -= 1
        if not self.answer.done():
            status, content_type = self._head
            body = b"".join(self._stream)
            self.answer.set_result(Answer(status, content_type.decode("latin-1"), body, complete=not failed))


class LoadError(InputError):
    """The model's own code raised something (`raised`) while it was loaded."""

    def __init__(self, package: Package, error: BaseException) -> None:
        message = f"the model does not load: {type(error).__name__}: {error}"
        super().__init__([Problem("PKG-8", message, "Its traceback shows where.", str(package.folder))])
        self.raised = error


@contextlib.asynccontextmanager
async def opened(package: Package, options: Options) -> AsyncIterator[Service]:
    """A service for `call`, its model loaded. InputError where contract and code do not fit, LoadError among them."""
    loop = asyncio.get_running_loop()
    names = [endpoint_name(api) for api in package.contract.apis]
    board = Board(1, counters_for(names))
    executor = ThreadPoolExecutor(options.threads, thread_name_prefix="model")
    try:
        service = Service(options, loop, board, 0, executor)
        routes = model_routes(service, names)
        service.routes = routes_of(service, package, routes)
        model = await loop.run_in_executor(executor, _load, package)
        endpoints = bind(package.contract, model, validation=options.validation, file=package.model_file)
        for route, endpoint in zip(routes, endpoints, strict=True):
            route.bind(endpoint)
        board.phase, service.row[Cell.STATE] = Phase.READY, State.SERVING
        yield service
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _load(package: Package) -> object:
    try:
        return load_model(package)
    except HitlessError:
        raise
    except (Exception, SystemExit) as error:
        raise LoadError(package, error) from error


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
    except Rejected as rejection:
        exchange.rejection = rejection
    service.handle(exchange)
    return await connection.answer
