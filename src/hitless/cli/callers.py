"""Sends one request: to a package in this process, or to a server over HTTP. Decides nothing and shows nothing.

UnavailableError where no answer can be had.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.cli.request_flags import Call
from hitless.errors import InputError, Problem, UnavailableError

if TYPE_CHECKING:
    import httpx

    from hitless.serving.local import Answer
    from hitless.serving.package import Package

_PATIENCE_S = 2.0
_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 300.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class CutOffError(Exception):
    """The answer ended before its end."""


@dataclass(frozen=True)
class Incoming:
    """An answer as it comes. `pieces` raises CutOffError; `media_type` is in lower case and has no parameters."""

    status: int
    media_type: str
    pieces: Iterator[bytes]
    location: str = ""
    notes: tuple[str, ...] = field(default=())


@contextlib.contextmanager
def told_when_slow(what: str) -> Iterator[None]:
    """Say on standard error what is being waited for, once that has taken two seconds."""
    timer = threading.Timer(_PATIENCE_S, print, (f"{what} …",), {"file": sys.stderr, "flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


# A package


def call_package(package: Package, call: Call) -> tuple[Incoming, float, float]:
    """The answer, and the seconds for loading the model and for answering."""
    with contextlib.redirect_stdout(sys.stderr):  # what the model prints is not the answer
        answer, loaded_s, answered_s = asyncio.run(_call_package(package, call))
    return Incoming(answer.status, _essence(answer.content_type), _pieces_of(answer)), loaded_s, answered_s


async def _call_package(package: Package, call: Call) -> tuple[Answer, float, float]:
    from hitless.serving import local

    started = time.perf_counter()
    async with contextlib.AsyncExitStack() as stack:
        with told_when_slow("loading the model"):
            service = await stack.enter_async_context(local.opened(package, _options(package)))
        loaded = time.perf_counter()
        path, _, query = call.path.partition("?")
        content_type, data = (call.body.content_type, call.body.data) if call.body is not None else (None, b"")
        with told_when_slow("waiting for the answer"):
            answer = await local.call(service, call.method, path, query=query, content_type=content_type, body=data)
        return answer, loaded - started, time.perf_counter() - loaded


def _options(package: Package) -> Options:
    """As `hitless serve` would have them; a [serve] that is no table is its to report."""
    table = package.settings.get("serve")
    file = str(package.folder / "hitless.toml")
    return resolve({}, os.environ, table if isinstance(table, Mapping) else {}, table_file=file).options


def _pieces_of(answer: Answer) -> Iterator[bytes]:
    yield answer.body
    if not answer.complete:
        raise CutOffError("the model failed in the middle of its answer")


# A server


@contextlib.contextmanager
def call_server(address: str, call: Call) -> Iterator[Incoming]:
    """The answer of the server at `address` (scheme, host, port, a path before `call.path`)."""
    url = _url(address, call.path)
    try:
        with _sent(url, call, verified=True) as incoming:
            yield incoming
    except ssl.SSLCertVerificationError:
        pass
