"""The routes that every server has beside the contract's: health, metrics, documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hitless.serving.board import Board, State
from hitless.serving.health import FAILING_BODY, HEALTHY_BODY, healthy
from hitless.serving.metrics import exposition

if TYPE_CHECKING:
    from hitless.serving.exchange import Exchange
    from hitless.serving.metrics import EndpointMetrics

_JSON = b"application/json"


class HealthRoute:
    """200 `{"health": "true"}` or 503 `{"health": "false"}` (HEALTH-2), the phase in a header."""

    def __init__(self, board: Board, metrics: EndpointMetrics, lingering: str) -> None:
        self.metrics = metrics
        self._board = board
        self._lingering = lingering

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """A probe may send what it likes."""

    def handle(self, exchange: Exchange) -> None:
        board, states = self._board, self._board.states()
        well = healthy(
            board.phase,
            serving=states.count(State.SERVING),
            faulty=states.count(State.FAULTY),
            crash_loop=board.crash_loop,
            lingering=self._lingering,
        )
        status, body = (200, HEALTHY_BODY) if well else (503, FAILING_BODY)
        phase = b"cache-control: no-store\r\nx-hitless-phase: %b\r\n" % board.phase.name.lower().encode()
        exchange.connection.reply(exchange, status, _JSON, body, phase)


class DocumentRoute:
    """Bytes made when they are asked for; `make` must be quick."""

    def __init__(self, make: Callable[[], bytes], content_type: bytes, metrics: EndpointMetrics) -> None:
        self.metrics = metrics
        self._make = make
        self._content_type = content_type

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Nothing to judge."""

    def handle(self, exchange: Exchange) -> None:
        exchange.connection.reply(exchange, 200, self._content_type, self._make(), b"cache-control: no-store\r\n")


class RedirectRoute:
    """To another path of this server."""

    def __init__(self, location: str, metrics: EndpointMetrics) -> None:
        self.metrics = metrics
        self._header = f"location: {location}\r\n".encode()

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Nothing to judge."""

    def handle(self, exchange: Exchange) -> None:
        exchange.connection.reply(exchange, 302, b"text/plain", b"", self._header)


def metrics_route(board: Board, endpoints: Sequence[str], metrics: EndpointMetrics) -> DocumentRoute:
    """All workers together, in the Prometheus text format."""
    return DocumentRoute(
        lambda: exposition(board, endpoints).encode(), b"text/plain; version=0.0.4; charset=utf-8", metrics
    )
