"""Path and method → route. Decides 404, 405 (with Allow) and which route a request takes; answers nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote_to_bytes

from hitless.serving.request import Rejected

if TYPE_CHECKING:
    from hitless.serving.exchange import Exchange
    from hitless.serving.metrics import EndpointMetrics


class Route(Protocol):
    """What answers the requests of one path and method."""

    metrics: EndpointMetrics

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Judge the head, before a body is read: raises Rejected (415)."""

    def handle(self, exchange: Exchange) -> None:
        """Answer, now or later, by `exchange.connection.reply`; raises Rejected."""


class Routes:
    """All routes of a server; those that come first win."""

    def __init__(self, entries: Iterable[tuple[str, str, Route]]) -> None:
        table: dict[bytes, dict[bytes, Route]] = {}
        for method, url, route in entries:
            table.setdefault(_path_of(url), {}).setdefault(method.encode(), route)
        for methods in table.values():
            if b"GET" in methods:
                methods.setdefault(b"HEAD", methods[b"GET"])
        self._table: Mapping[bytes, Mapping[bytes, Route]] = table

    def find(self, method: bytes, path: bytes) -> Route:
        """The route, or Rejected with 404 or 405."""
        methods = self._table.get(path) or self._table.get(unquote_to_bytes(path))
        if methods is None:
            raise Rejected(404, f"There is nothing at {_shown(path)}. {self._offer()}")
        route = methods.get(method)
        if route is None:
            allow = ", ".join(sorted(name.decode() for name in methods))
            detail = f"{method.decode()} is not allowed at {_shown(path)}; allowed: {allow}."
            raise Rejected(405, detail, headers={"allow": allow})
        return route

    def _offer(self) -> str:
        paths = sorted(_shown(path) for path in self._table)
        return "This server has: " + ", ".join(paths[:20]) + "."


def _path_of(url: str) -> bytes:
    path = url.partition("?")[0]
    return unquote_to_bytes(path if path.startswith("/") else "/" + path)


def _shown(path: bytes) -> str:
    return quote(path[:200], safe="/%~")
