"""What a worker's connections share: how a head is judged, what is counted, ids, limits."""

from __future__ import annotations

from typing import Any, cast

import pytest
from tests.unit.serving.stand_ins import exchange, with_service

from hitless.serving.board import Cell
from hitless.serving.exchange import Exchange
from hitless.serving.local import LocalConnection
from hitless.serving.metrics import EndpointMetrics, exposition
from hitless.serving.options import Options
from hitless.serving.request import Rejected
from hitless.serving.routes import Routes
from hitless.serving.service import Service


class Route:
    """Notes what it is asked."""

    def __init__(self, service: Service) -> None:
        self.metrics = EndpointMetrics(service.row, 0)
        self.bodies: list[bool] = []

    def check(self, exchange: Exchange, has_body: bool) -> None:
        self.bodies.append(has_body)

    def handle(self, exchange: Exchange) -> None: ...


def with_route(do: Any, **options: Any) -> None:
    async def run(service: Service) -> None:
        route = Route(service)
        service.routes = Routes([("POST", "/", route)])
        service.unrouted = EndpointMetrics(service.row, 1)
        do(service, route)

    with_service(run, options=Options(**options))


@pytest.mark.parametrize(
    ("length", "has_body"),
    [
        pytest.param(0, False, id="no-body"),
        pytest.param(5, True, id="sized"),
        pytest.param(None, True, id="chunked"),
        pytest.param(100, True, id="up-to-the-limit"),
    ],
)
def test_a_head_that_is_right(length: int | None, has_body: bool) -> None:
    def do(service: Service, route: Route) -> None:
        made = exchange()
        service.check(made, length)
        assert made.route is route
        assert route.bodies == [has_body]

    with_route(do, max_body_bytes=100)


@pytest.mark.parametrize(
    ("path", "method", "length", "buffered", "status"),
    [
        pytest.param(b"/nowhere", b"POST", 0, 0, 404, id="unknown-path"),
        pytest.param(b"/", b"GET", 0, 0, 405, id="other-method"),
        pytest.param(b"/", b"POST", 200_001, 0, 413, id="too-large"),
        pytest.param(b"/nowhere", b"POST", 200_001, 0, 404, id="the-path-goes-first"),
        pytest.param(b"/", b"POST", 70_000, 100_000, 503, id="too-much-under-way"),
        pytest.param(b"/", b"POST", None, 150_001, 503, id="chunked-too-much-under-way"),
    ],
)
def test_a_head_that_is_refused(path: bytes, method: bytes, length: int | None, buffered: int, status: int) -> None:
    def do(service: Service, route: Route) -> None:
        service.buffered = buffered
        with pytest.raises(Rejected) as caught:
            service.check(exchange(path=path, method=method), length)
        assert caught.value.status == status
        assert (caught.value.headers.get("retry-after") == "1") is (status == 503)
        assert route.bodies == []

    with_route(do, max_body_bytes=200_000, max_buffered_bytes=150_000)


def test_small_bodies_are_always_taken() -> None:
    def do(service: Service, route: Route) -> None:
        service.buffered = 10**9
        service.check(exchange(), 65_536)
        assert route.bodies == [True]

    with_route(do)


@pytest.mark.parametrize(
    ("raised", "status", "logged"),
    [
        pytest.param(Rejected(422, "no", headers={"x-a": "1"}), 422, False, id="refusal"),
        pytest.param(LookupError("ours"), 500, True, id="fault-of-ours"),
    ],
)
def test_whatever_a_route_raises_is_the_answer(
    caplog: pytest.LogCaptureFixture, raised: Exception, status: int, logged: bool
) -> None:
    async def run(service: Service) -> None:
        route = Route(service)
        made = exchange(service=service)
        made.route = cast(Any, route)

        def fail(exchange: Exchange) -> None:
            raise raised

        route.handle = fail  # type: ignore[method-assign]
        service.handle(made)
        answer = await cast(LocalConnection, made.connection).answer
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        assert b"ours" not in answer.body

    with_service(run)
    assert ("the server failed on a request" in caplog.text) is logged


def test_a_request_that_was_refused_by_its_head_reaches_no_route() -> None:
    async def run(service: Service) -> None:
        made = exchange(service=service)
        made.rejection = Rejected(413, "too much")
        service.handle(made)
        assert (await cast(LocalConnection, made.connection).answer).status == 413

    with_service(run)


def test_answers_are_counted_where_they_belong() -> None:
    def do(service: Service, route: Route) -> None:
        service.row[Cell.IN_FLIGHT] = 2
        routed, unrouted = exchange(), exchange()
        routed.route = cast(Any, route)
        seen: list[tuple[Exchange, int, float]] = []
        service.access_log = lambda *entry: seen.append(entry)
        routed.received_at, unrouted.received_at = 1.0, 2.0
        service.answered(routed, 200, 1.5)
        service.answered(unrouted, 404, 4.0)
        assert service.row[Cell.IN_FLIGHT] == 0
        assert seen == [(routed, 200, 0.5), (unrouted, 404, 2.0)]
        text = exposition(service.board, ["POST /"])
        assert 'hitless_requests_total{endpoint="POST /",status="200"} 1' in text
        assert 'hitless_requests_total{endpoint="-",status="404"} 1' in text

    with_route(do)


def test_connections_are_counted() -> None:
    def do(service: Service, route: Route) -> None:
        one, two = cast(Any, object()), cast(Any, object())
        service.opened(one)
        service.opened(two)
        assert service.row[Cell.CONNECTIONS] == 2
        service.closed(one)
        service.closed(one)
        assert service.row[Cell.CONNECTIONS] == 1

    with_route(do)


def test_request_ids_are_distinct_and_safe() -> None:
    def do(service: Service, route: Route) -> None:
        ids = {service.new_request_id() for _ in range(1000)}
        assert len(ids) == 1000
        assert all(identifier.replace(b"-", b"").isalnum() for identifier in ids)

    with_route(do)
