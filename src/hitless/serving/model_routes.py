"""An endpoint as a route: arguments in, the model called, its result on the wire.

Until the model is loaded, requests are held rather than refused: the API answers directly once the image is started
(API-2), a client that comes early waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from hitless.serving.batching import Batcher, Work
from hitless.serving.endpoints import Endpoint
from hitless.serving.placement import Placement
from hitless.serving.replies import Reply, encode, encode_part, rejection_of, to_json
from hitless.serving.request import Rejected
from hitless.serving.streams import END, Parts

if TYPE_CHECKING:
    from hitless.serving.exchange import Exchange
    from hitless.serving.metrics import EndpointMetrics
    from hitless.serving.service import Service

_JSON = b"application/json"


class ModelRoute:
    """The route of one api; `bind` gives it its endpoint when the model is loaded."""

    def __init__(self, service: Service, name: str, metrics: EndpointMetrics) -> None:
        self.name = name
        self.metrics = metrics
        self._service = service
        self._endpoint: Endpoint | None = None
        self._batcher: Batcher | None = None
        self._held: list[Exchange] = []
        self._positional = False
        self._streams: set[asyncio.Task[None]] = set()

    def bind(self, endpoint: Endpoint) -> None:
        """The model is there: answer what was held, and all that comes."""
        self._endpoint = endpoint
        self._positional = endpoint.max_size > 0
        work = Work(
            call_of(endpoint), self.deliver, self.metrics.called,
            max_size=endpoint.max_size, max_wait_s=endpoint.max_wait_s, is_async=endpoint.is_async,
        )  # fmt: skip
        self._batcher = Batcher(self._service, work, Placement(self._service.options.placement))
        held, self._held = self._held, []
        for exchange in held:
            self._service.queued -= 1
            if not exchange.gone:
                self._try(exchange)

    def check(self, exchange: Exchange, has_body: bool) -> None:
        if self._endpoint is not None:
            self._endpoint.binder.check(exchange.content_type, has_body=has_body)

    def handle(self, exchange: Exchange) -> None:
        if self._batcher is None or self._endpoint is None:
            self._hold(exchange)
            return
        arguments, rest = self._endpoint.binder.bind(exchange)
        exchange.arguments = arguments if self._positional else (arguments, rest)
        self._batcher.put(exchange)

    def _hold(self, exchange: Exchange) -> None:
        if self._service.queued >= self._service.options.max_queue:
            raise self._service.too_busy()
        self._service.queued += 1
        self._held.append(exchange)

    def _try(self, exchange: Exchange) -> None:
        try:
            self.check(exchange, bool(exchange.body))
        except Rejected as rejection:
            exchange.rejection = rejection
        self._service.handle(exchange)

    def deliver(self, exchange: Exchange, result: Any) -> None:
        """Put a result of the model on the wire; an exception is one, too."""
        if type(result) is dict:  # the quick path
            try:
                body = to_json(result)
            except Exception as error:
                self._fail(exchange, error)
            else:
                exchange.connection.reply(exchange, 200, _JSON, body)
        elif isinstance(result, BaseException):
            self._fail(exchange, result)
        else:
            self._send(exchange, result)

    def _send(self, exchange: Exchange, result: Any) -> None:
        try:
            reply = encode(result, self._endpoint.declared if self._endpoint is not None else "")
        except Exception as error:
            self._fail(exchange, error)
            return
        if reply.stream is None:
            exchange.connection.reply(exchange, reply.status, reply.content_type, reply.body, reply.headers)
            return
        parts = Parts(reply.stream, self._service.loop, self._service.executor)
        task = self._service.loop.create_task(self._stream(exchange, reply, parts))
        self._streams.add(task)
        task.add_done_callback(self._streams.discard)
        exchange.cancel = task.cancel
        if exchange.gone:
            task.cancel()

    def _fail(self, exchange: Exchange, error: BaseException) -> None:
        rejection = rejection_of(error)
        if rejection is None and not exchange.gone:
            self._log(exchange, error)
            rejection = Rejected(500, "The model failed on this request; the server's log says why.")
        if rejection is not None:
            exchange.connection.reject(exchange, rejection)

    def _log(self, exchange: Exchange, error: BaseException) -> None:
        extra = {"request_id": exchange.request_id.decode()}
        self._service.log.error("%s: the model raised %s", self.name, type(error).__name__, exc_info=error, extra=extra)

    async def _stream(self, exchange: Exchange, reply: Reply, parts: Parts) -> None:
        """Send the parts as they come, no faster than the client reads. The first decides between 500 and a head."""
        connection, started = exchange.connection, False
        try:
            part = await parts.next()
            if not connection.start_stream(exchange, reply.status, reply.content_type, reply.headers):
                return
            started = True
            while part is not END:
                unread = connection.send_part(exchange, encode_part(part, reply.content_type))
                if unread is not None:
                    await unread
                part = await parts.next()
            connection.end_stream(exchange, reply.status)
        except asyncio.CancelledError:
            connection.end_stream(exchange, 499, failed=True)
        except Exception as error:
            if started:
                self._log(exchange, error)
                connection.end_stream(exchange, 500, failed=True)
            else:
                self._fail(exchange, error)
        finally:
            try:
                await parts.close()
            except Exception as error:
                self._log(exchange, error)


def call_of(endpoint: Endpoint) -> Callable[[Sequence[Any]], Any]:
    """The endpoint's method as a function of a list of arguments (see `Work.call`)."""
    method = endpoint.method
    if endpoint.max_size > 0:
        if len(endpoint.binder.parameters) == 1:
            return lambda batch: method([argument for (argument,) in batch])
        return lambda batch: method(*(list(column) for column in zip(*batch, strict=True)))
    if endpoint.is_async:
        return lambda batch: _one_awaited(method, batch[0])
    return lambda batch: [method(*batch[0][0], **batch[0][1])]


async def _one_awaited(method: Callable[..., Awaitable[Any]], arguments: Any) -> list[Any]:
    return [await method(*arguments[0], **arguments[1])]
