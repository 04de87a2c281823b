"""Requests that come before the model is there, and answers as they reach the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from tests.unit.serving.stand_ins import JSON, exchange, with_service

from hitless.serving.board import Cell
from hitless.serving.endpoints import bind
from hitless.serving.exchange import Exchange
from hitless.serving.local import Answer, LocalConnection
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.model_routes import ModelRoute
from hitless.serving.options import Options
from hitless.serving.request import Rejected
from hitless.serving.service import Service
from hitless.spec.contract import Api, Contract, Payload

IMAGE = Api(request=Payload("application/json", {"type": "object", "properties": {"a": {"type": "integer"}}}))


class Model:
    def predict(self, a: int) -> dict[str, int]:
        if a < 0:
            raise ValueError("negative")
        return {"twice": 2 * a}


def endpoint_of(model: object, api: Api = IMAGE) -> Any:
    [endpoint] = bind(Contract("a", "Image", apis=(api,)), model)
    return endpoint


def route_of(service: Service) -> ModelRoute:
    return ModelRoute(service, "POST /", EndpointMetrics(service.row, 0))


def ask(service: Service, route: ModelRoute, body: bytes = b'{"a": 1}', content_type: bytes = JSON) -> Exchange:
    made = exchange(body, content_type, service=service)
    made.route = route
    service.row[Cell.IN_FLIGHT] += 1
    route.check(made, bool(body))
    route.handle(made)
    return made


async def answer(made: Exchange) -> Answer:
    connection = made.connection
    assert isinstance(connection, LocalConnection)
    return await asyncio.wait_for(connection.answer, 10)


# Before the model is there


def test_requests_are_held_until_the_model_is_loaded() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        held = [ask(service, route, b'{"a": %d}' % number) for number in range(3)]
        await asyncio.sleep(0)
        assert service.queued == 3
        route.bind(endpoint_of(Model()))
        assert [(await answer(one)).body for one in held] == [b'{"twice":0}', b'{"twice":2}', b'{"twice":4}']
        assert service.queued == 0

    with_service(do)


def test_what_is_held_is_judged_once_there_is_somebody_to_judge() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        wrong_type = ask(service, route, b"x", b"image/jpeg")
        wrong_value = ask(service, route, b'{"a": "x"}')
        good = ask(service, route)
        route.bind(endpoint_of(Model()))
        assert [(await answer(one)).status for one in (wrong_type, wrong_value, good)] == [415, 422, 200]

    with_service(do)


def test_held_requests_of_clients_that_are_gone_are_dropped() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        gone, stays = ask(service, route), ask(service, route)
        gone.gone = True
        route.bind(endpoint_of(Model()))
        assert (await answer(stays)).status == 200
        assert not gone.begun
        assert service.queued == 0

    with_service(do)


def test_no_more_are_held_than_the_queue_takes() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        held = [ask(service, route), ask(service, route)]
        with pytest.raises(Rejected) as caught:
            ask(service, route)
        assert caught.value.status == 503
        route.bind(endpoint_of(Model()))
        assert [(await answer(one)).status for one in held] == [200, 200]

    with_service(do, options=Options(max_queue=2))


def test_a_fault_of_ours_on_a_held_request_does_not_stop_the_start() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        held = ask(service, route)
        endpoint = endpoint_of(Model())

        def broken(one: Exchange) -> Any:
            raise LookupError("ours")

        endpoint.binder.bind = broken
        route.bind(endpoint)
        assert (await answer(held)).status == 500

    with_service(do)


# Results


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        pytest.param({"a": 1}, 200, b'{"a":1}', id="dict"),
        pytest.param([1], 200, b"[1]", id="list"),
        pytest.param({"a": object()}, 500, b"log says why", id="dict-without-a-json-form"),
        pytest.param({"a": "\ud800"}, 500, b"log says why", id="dict-with-a-lone-surrogate"),
        pytest.param(ValueError("secret"), 500, b"log says why", id="exception"),
        pytest.param(Rejected(429, "slowly", headers={"retry-after": "3"}), 429, b"slowly", id="refusal"),
        pytest.param(Rejected(400, "x", headers={"a b": "c"}), 400, b'"x"', id="refusal-with-a-bad-header"),
        pytest.param(asyncio.CancelledError(), 500, b"log says why", id="cancelled-by-the-model"),
        pytest.param(SystemExit(3), 500, b"log says why", id="exit"),
    ],
)
def test_deliver(result: Any, status: int, words: bytes) -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        route.bind(endpoint_of(Model()))
        made = exchange(service=service)
        route.deliver(made, result)
        got = await answer(made)
        assert got.status == status
        assert words in got.body
        assert b"secret" not in got.body

    with_service(do)


def test_nothing_is_logged_for_one_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        route.bind(endpoint_of(Model()))
        made = exchange(service=service)
        made.gone = True
        route.deliver(made, asyncio.CancelledError())
        assert caplog.text == ""

    with_service(do)


def test_the_batches_are_counted() -> None:
    async def do(service: Service) -> None:
        route = route_of(service)
        route.bind(endpoint_of(Model()))
        await asyncio.gather(*(answer(ask(service, route)) for _ in range(3)))
        from hitless.serving.metrics import exposition

        assert 'hitless_batch_size_count{endpoint="POST /"} 3' in exposition(service.board, ["POST /"])

    with_service(do)


# Streams


class Ended:
    """Generators that note how they end."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def plain(self) -> Iterator[str]:
        try:
            yield "one"
            yield "two"
        except GeneratorExit:
            self.ends.append("closed")
            raise
        else:
            self.ends.append("read to its end")

    async def later(self) -> AsyncIterator[str]:
        try:
            yield "one"
            yield "two"
        except (GeneratorExit, asyncio.CancelledError):
            self.ends.append("closed")
            raise
        else:
            self.ends.append("read to its end")


@pytest.mark.parametrize("name", ["plain", "later"])
@pytest.mark.parametrize(
    ("reads", "end"),
    [pytest.param(True, "read to its end", id="whole"), pytest.param(False, "closed", id="client-gone")],
)
def test_a_generator_always_ends(name: str, reads: bool, end: str) -> None:
    async def do(service: Service) -> None:
        model = Ended()
        route = route_of(service)
        route.bind(endpoint_of(Model()))
        made = exchange(service=service)
        if not reads:
            unread: asyncio.Future[None] = service.loop.create_future()
            made.connection.send_part = lambda one, data: unread  # type: ignore[method-assign,assignment]
        stream: Callable[[], Any] = getattr(model, name)
        route.deliver(made, stream())
        if reads:
            assert (await answer(made)).body == b"onetwo"
        else:
            for _ in range(200):
                await asyncio.sleep(0)
            assert made.cancel is not None
            made.cancel()
            await asyncio.wait_for(asyncio.gather(*route._streams, return_exceptions=True), 10)
        assert model.ends == [end]

    with_service(do)
