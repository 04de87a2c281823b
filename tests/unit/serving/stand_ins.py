"""What the unit tests of the server share: requests as values, and a real `Service` that has no socket.

Nothing of ours is replaced: a request's answer goes to the `LocalConnection` that the warm-up uses, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from hitless.serving.board import Board
from hitless.serving.examples import form_body
from hitless.serving.exchange import Exchange
from hitless.serving.local import LocalConnection
from hitless.serving.metrics import counters_for
from hitless.serving.options import Options
from hitless.serving.service import Service

JSON = b"application/json"
URLENCODED = b"application/x-www-form-urlencoded"


def exchange(
    body: bytes = b"",
    content_type: bytes | None = None,
    *,
    query: bytes = b"",
    method: bytes = b"POST",
    path: bytes = b"/",
    headers: Iterable[tuple[bytes, bytes]] = (),
    service: Service | None = None,
) -> Exchange:
    """A request as the connection hands it on; with a service, its answer goes to a LocalConnection."""
    made = Exchange(cast(Any, LocalConnection(service) if service is not None else None))
    made.body, made.content_type, made.query, made.method, made.path = body, content_type, query, method, path
    made.headers, made.request_id = list(headers), b"id-1"
    return made


def form(*fields: tuple[str, str | Path], **more: Any) -> Exchange:
    """A request with a multipart form."""
    content_type, body = form_body(list(fields))
    return exchange(body, content_type.encode(), **more)


def with_service(
    do: Callable[[Service], Awaitable[None]], *, endpoints: int = 1, options: Options | None = None
) -> None:
    """Run `do` with a worker's service in an event loop of its own; every task and thread has ended afterwards."""
    chosen = options if options is not None else Options()

    async def run() -> None:
        with ThreadPoolExecutor(chosen.threads) as executor:
            board = Board(1, counters_for([""] * endpoints))
            await do(Service(chosen, asyncio.get_running_loop(), board, 0, executor))

    asyncio.run(asyncio.wait_for(run(), 30))
