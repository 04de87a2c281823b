"""Another well-kept reader of HTTP/1.1 as the judge: what both take for a request, both understand alike.

Two servers in a row that disagree about where a request ends, or what it says, are how requests are smuggled. h11 is
the more lenient one; the differences that are known and harmless are named below, with their reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import h11
import pytest
from hypothesis import example, given, settings
from tests.property.serving.in_memory import Bench, Understood
from tests.property.serving.request_bytes import Sent, mutated, pipelines, written


class Reading(NamedTuple):
    """What a server makes of bytes: the requests up to the first that it refuses, and whether it would go on."""

    requests: list[Understood]
    refused: bool
    alive: bool


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def ours(bench: Bench, data: bytes) -> Reading:
    bench.route.seen.clear()
    wire = bench.connect()
    wire.feed([data])
    refused = any(answer.status >= 400 for answer in wire.replies())
    taken = 0
    while taken < len(wire.replies()) and wire.replies()[taken].status in (100, 200):
        taken += 1
    passed = [answer.status for answer in wire.replies()[:taken]].count(200)
    reading = Reading(list(bench.route.seen[:passed]), refused, not wire.transport.done)
    wire.hang_up()
    return reading


def theirs(data: bytes) -> Reading:
    """h11 as a server that answers every request with 200 and declines all upgrades."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    requests: list[Understood] = []
    try:
        while True:
            request = connection.next_event()
            if not isinstance(request, h11.Request):
                return Reading(requests, False, connection.our_state is h11.IDLE)
            body = _body(connection)
            if body is None:
                return Reading(requests, False, True)  # not whole yet
            requests.append(_understood(request, body))
            headers = [("content-length", "0")]
            connection.send(h11.Response(status_code=200, headers=headers))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE:
                return Reading(requests, False, False)
            connection.start_next_cycle()
    except h11.RemoteProtocolError:
        return Reading(requests, True, False)


def _body(connection: h11.Connection) -> bytes | None:
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return body
        else:
            return None


def _understood(request: h11.Request, body: bytes) -> Understood:
    target = request.target.decode("latin-1")
    if not target.startswith("/"):
        parts = urlsplit(target)  # absolute form (RFC 9112, section 3.2.2)
        target = target[len(f"{parts.scheme}://{parts.netloc}") :] if "://" in target else target
        target = target if target.startswith("/") or "://" not in request.target.decode("latin-1") else "/" + target
    path, _, query = target.partition("?")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    return Understood(request.method.decode("latin-1"), path, query, headers, body.decode("latin-1"))


def known_differences_apart(reading: Reading) -> Reading:
    """Each with its reason:

    - `Chunked`: h11 hands it over in lower case, we as it came;
    - `Upgrade`, and `Connection` with it: an offer that we decline is read as if it had not been made.
    """
    requests = [request._replace(headers=tuple(_told(request))) for request in reading.requests]
    return reading._replace(requests=requests)


def _told(request: Understood) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        if name == "transfer-encoding":
            yield name, value.lower()
        elif name not in ("connection", "upgrade"):
            yield name, value


@settings(max_examples=200, deadline=None)
@given(pipeline=pipelines())
def test_valid_requests(bench: Bench, pipeline: list[Sent]) -> None:
    data = written(pipeline)
    mine, other = known_differences_apart(ours(bench, data)), known_differences_apart(theirs(data))
    assert mine == other
    assert len(mine.requests) == len(pipeline)


@settings(max_examples=500, deadline=None)
@given(data=mutated())
@example(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n")
@example(b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.0\r\n\r\n")
@example(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nabGET /")
def test_broken_requests(bench: Bench, data: bytes) -> None:
    """Whoever refuses a request reads nothing after it; up to there the two agree."""
    mine, other = known_differences_apart(ours(bench, data)), known_differences_apart(theirs(data))
    common = min(len(mine.requests), len(other.requests))
    assert mine.requests[:common] == other.requests[:common]
    if not mine.refused and not other.refused and b"HTTP/1.0" not in data:  # after which h11 always closes
        assert mine == other
