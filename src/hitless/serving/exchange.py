"""One request and the place where its answer goes. State only: the connection fills it, an endpoint answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from hitless.serving.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitless.serving.connection import Connection
    from hitless.serving.request import Rejected
    from hitless.serving.routes import Route


class Exchange:
    """A request as it came, and what has become of it. Names of headers are lower-case bytes.

    `received_at` is the loop's time (seconds) at which the last byte had arrived. `begun` is set when the model is
    called with it, `gone` when nobody waits for the answer any more; an answer to one that is gone is dropped.
    """

    __slots__ = (
        "arguments",
        "begun",
        "body",
        "cancel",
        "connection",
        "content_type",
        "gone",
        "head_only",
        "headers",
        "keep_alive",
        "method",
        "path",
        "query",
        "received_at",
        "rejection",
        "request_id",
        "route",
        "streaming",
        "version",
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.method = b""
        self.path = b""
        self.query = b""
        self.version = "1.1"
        self.headers: list[tuple[bytes, bytes]] = []
        self.content_type: bytes | None = None
        self.request_id = b""
        self.body = b""
        self.keep_alive = True
        self.head_only = False
        self.route: Route | None = None
        self.rejection: Rejected | None = None
        self.received_at = 0.0
        self.arguments: tuple[Any, ...] | dict[str, Any] = ()
        self.begun = False
        self.gone = False
        self.streaming = False
        self.cancel: Callable[[], object] | None = None

    def query_fields(self) -> list[tuple[str, str]]:
        """The query as (name, value), in order; at most 1 000 of them (ValueError)."""
        if not self.query:
            return []
        return parse_qsl(self.query.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)

    def request(self) -> Request:
        """The view that model code gets."""
        return Request(
            method=self.method.decode("ascii"),
            path=unquote(self.path.decode("latin-1")),
            query=dict(self.query_fields()),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers},
            body=self.body,
            id=self.request_id.decode("ascii"),
        )
