"""Which routes a server has: the contract's first, then its own. Decides by contract and options only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from hitless.serving.builtin_routes import DocumentRoute, HealthRoute, RedirectRoute, metrics_route
from hitless.serving.health import urls_of
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.model_routes import ModelRoute
from hitless.serving.routes import Route, Routes

if TYPE_CHECKING:
    from hitless.serving.package import Package
    from hitless.serving.service import Service


def model_routes(service: Service, names: Sequence[str]) -> list[ModelRoute]:
    """One route for each api, in the contract's order; `names` are those of its metrics."""
    service.unrouted = EndpointMetrics(service.row, len(names))
    return [ModelRoute(service, name, EndpointMetrics(service.row, index)) for index, name in enumerate(names)]


def routes_of(service: Service, package: Package, models: Sequence[ModelRoute]) -> Routes:
    """All routes; an api of the contract goes before one of ours with the same path and method."""
    apis = package.contract.apis
    entries = [(api.method, api.url, route) for api, route in zip(apis, models, strict=True)]
    return Routes([*entries, *_own(service, package, [route.name for route in models])])


def _own(service: Service, package: Package, names: Sequence[str]) -> Iterator[tuple[str, str, Route]]:
    metrics, options = service.unrouted, service.options
    assert metrics is not None  # noqa: S101 (made by model_routes)
    health = HealthRoute(service.board, metrics, options.lingering_health)
    for url in urls_of(package.contract):
        yield "GET", url, health
    if options.metrics:
        yield "GET", "/metrics", metrics_route(service.board, names, metrics)
    if options.openapi:
        yield "GET", "/openapi.json", _openapi(package, metrics)
    if options.playground:
        yield from _playground(package, metrics)


def _openapi(package: Package, metrics: EndpointMetrics) -> Route:
    from hitless.serving.openapi import document

    text = msgspec.json.encode(document(package.contract, title=package.folder.resolve().name))
    return DocumentRoute(lambda: text, b"application/json", metrics)


def _playground(package: Package, metrics: EndpointMetrics) -> Iterator[tuple[str, str, Route]]:
    from hitless.serving import playground

    page = playground.page(package)
    yield "GET", "/playground", DocumentRoute(lambda: page, b"text/html; charset=utf-8", metrics)
    yield "GET", "/", RedirectRoute("/playground", metrics)
