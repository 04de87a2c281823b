"""Which routes a server has, by its contract and its options; what its own routes answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.stand_ins import with_service

from hitless.serving.board import State
from hitless.serving.lifecycle import Phase
from hitless.serving.local import Answer, call
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.model_routes import ModelRoute
from hitless.serving.options import Options
from hitless.serving.package import Package
from hitless.serving.request import Rejected
from hitless.serving.routes import Route
from hitless.serving.routing import model_routes, routes_of
from hitless.serving.service import Service
from hitless.spec.contract import Api, Contract
from hitless.spec.health import Probe


def with_routes(
    do: Callable[[Service], Any], *apis: Api, probes: Iterable[Probe] = (), folder: Path = Path(), **options: Any
) -> None:
    """`do` with a service whose routes are those of a contract with these apis."""
    keys = ("health", "readiness_health", "startup_health", "liveness_health")
    contract = Contract("a", "Image", apis=apis, **dict(zip(keys, probes, strict=False)))  # type: ignore[arg-type]

    async def run(service: Service) -> None:
        routes = model_routes(service, [f"{api.method} {api.url}" for api in apis])
        service.routes = routes_of(service, Package(folder, contract), routes)
        done = do(service)
        if done is not None:
            await done

    with_service(run, endpoints=len(apis), options=Options(**options))


def status_of(service: Service, method: str, path: str) -> int:
    """200 where there is a route."""
    try:
        service.routes.find(method.encode(), path.encode())
    except Rejected as rejection:
        return rejection.status
    return 200


@pytest.mark.parametrize(
    ("options", "found"),
    [
        pytest.param({}, {"/health": 200, "/metrics": 200, "/openapi.json": 200, "/playground": 404}, id="defaults"),
        pytest.param({"metrics": False}, {"/metrics": 404, "/health": 200}, id="no-metrics"),
        pytest.param({"openapi": False}, {"/openapi.json": 404, "/health": 200}, id="no-openapi"),
        pytest.param({"playground": True}, {"/playground": 200, "/": 200}, id="playground"),
    ],
)
def test_own_routes(options: dict[str, Any], found: dict[str, int]) -> None:
    def do(service: Service) -> None:
        assert {path: status_of(service, "GET", path) for path in found} == found
        assert {path: status_of(service, "POST", path) for path, status in found.items() if status == 200} == {
            path: 405 if path != "/" else 200 for path, status in found.items() if status == 200
        }

    with_routes(do, Api("/"), **options)


@pytest.mark.parametrize(
    ("probes", "urls"),
    [
        pytest.param([], ["/health"], id="none-declared"),
        pytest.param([Probe(url="/healthz")], ["/healthz"], id="another"),
        pytest.param([Probe(url="/a"), Probe(url="/b"), Probe(url="/a")], ["/a", "/b"], id="several"),
        pytest.param([Probe(check_method="EXEC", url=None, command="true")], ["/health"], id="a-command"),
    ],
)
def test_health_is_where_the_contract_says(probes: list[Probe], urls: list[str]) -> None:
    def do(service: Service) -> None:
        assert [url for url in ("/health", "/healthz", "/a", "/b") if status_of(service, "GET", url) == 200] == urls

    with_routes(do, probes=probes)


def test_the_contract_goes_before_what_is_ours() -> None:
    def do(service: Service) -> None:
        for url in ("/metrics", "/health"):
            route: Route = service.routes.find(b"GET", url.encode())
            assert isinstance(route, ModelRoute)
            assert route.name == f"GET {url}"

    with_routes(do, Api("/metrics", "GET"), Api("/health", "GET"))


def test_each_api_has_its_own_counts() -> None:
    def do(service: Service) -> None:
        for url in (b"/a", b"/b"):
            service.routes.find(b"POST", url).metrics.answered(200, 0.0)
        assert isinstance(service.unrouted, EndpointMetrics)
        service.unrouted.answered(404, 0.0)

    async def then(service: Service) -> None:
        do(service)
        text = (await call(service, "GET", "/metrics")).body.decode()
        assert 'hitless_requests_total{endpoint="POST /a",status="200"} 1' in text
        assert 'hitless_requests_total{endpoint="POST /b",status="200"} 1' in text
        assert 'hitless_requests_total{endpoint="-",status="404"} 1' in text

    with_routes(then, Api("/a"), Api("/b"))


@pytest.mark.parametrize(
    ("phase", "state", "lingering", "status", "word"),
    [
        pytest.param(Phase.STARTING, State.LOADING, "fail", 503, "false", id="starting"),
        pytest.param(Phase.READY, State.SERVING, "fail", 200, "true", id="ready"),
        pytest.param(Phase.READY, State.FAULTY, "fail", 503, "false", id="faulty"),
        pytest.param(Phase.LINGERING, State.SERVING, "fail", 503, "false", id="lingering"),
        pytest.param(Phase.LINGERING, State.SERVING, "pass", 200, "true", id="lingering-and-told-to-pass"),
    ],
)
def test_health(phase: Phase, state: State, lingering: str, status: int, word: str) -> None:
    async def do(service: Service) -> None:
        service.board.phase = phase
        service.row[0] = state
        answer: Answer = await call(service, "GET", "/health")
        assert (answer.status, answer.content_type) == (status, "application/json")
        assert json.loads(answer.body) == {"health": word}

    with_routes(do, lingering_health=lingering)


def test_the_title_of_the_document_is_the_folders_name(tmp_path: Path) -> None:
    async def do(service: Service) -> None:
        document = json.loads((await call(service, "GET", "/openapi.json")).body)
        assert document["info"]["title"] == tmp_path.name

    with_routes(do, Api("/"), folder=tmp_path)
