"""`Expect: 100-continue` (RFC 9110, section 10.1.1): clients that ask before they send a body."""

from __future__ import annotations

import pytest
from tests.e2e.http.wire import Wire, chunked, post_json, request
from tests.e2e.serving_process import ServingProcess

EXPECT = "Expect: 100-continue"
OCTETS = "Content-Type: application/octet-stream"


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param(["Content-Length: 5"], b"hello", id="sized"),
        pytest.param(["Transfer-Encoding: chunked"], chunked(b"hello"), id="chunked"),
    ],
)
@pytest.mark.parametrize("expect", [EXPECT, "expect: 100-Continue"], ids=["usual", "other-case"])
def test_accepted(wire: Wire, expect: str, fields: list[str], body: bytes) -> None:
    for _ in range(2):  # the connection goes on
        wire.send(request("POST /raw", expect, *fields))
        interim = wire.reply()
        assert (interim.status, interim.headers) == (100, {})
        wire.send(body)
        assert wire.reply().json()["length"] == 5


@pytest.mark.parametrize(
    ("line", "fields", "status"),
    [
        pytest.param("POST /nowhere", ["Content-Length: 5"], 404, id="404"),
        pytest.param("POST /hello", ["Content-Length: 5"], 405, id="405"),
        pytest.param("POST /raw", ["Content-Length: 99000000"], 413, id="413"),
        pytest.param("POST /form", ["Content-Type: text/csv", "Content-Length: 5"], 415, id="415"),
        pytest.param("POST /form", ["Content-Type: text/csv", "Transfer-Encoding: chunked"], 415, id="415-chunked"),
        pytest.param("POST /raw", ["Host: again", "Content-Length: 5"], 400, id="400"),
    ],
)
def test_refused_at_once(wire: Wire, line: str, fields: list[str], status: int) -> None:
    """No 100: the body is never sent; what comes all the same is not read as a request."""
    wire.send(request(line, EXPECT, *fields))
    reply = wire.reply()
    assert reply.status == status
    assert not reply.kept_alive
    wire.send(request("GET /hello"))
    assert wire.at_end()


def test_a_client_that_does_not_wait(wire: Wire) -> None:
    """100 may come or not; the answer is right and the connection goes on."""
    wire.send(request("POST /raw", EXPECT, OCTETS, body=b"hello"))
    reply = wire.reply()
    if reply.status == 100:
        reply = wire.reply()
    assert reply.json()["length"] == 5
    assert wire.ask(request("GET /hello")).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request("POST /raw", EXPECT, "Content-Length: 0"), id="no-body"),
        pytest.param(request("GET /hello", EXPECT), id="get"),
        pytest.param(request("POST /raw HTTP/1.0", EXPECT, body=b"hello"), id="1.0"),
    ],
)
def test_where_no_100_is_due(wire: Wire, sent: bytes) -> None:
    assert wire.ask(sent).status == 200


@pytest.mark.parametrize("expectation", ["200-ok", "100-continue, more", "x"])
def test_other_expectations(wire: Wire, expectation: str) -> None:
    assert wire.ask(request("GET /hello", f"Expect: {expectation}")).status == 417


def test_100_comes_after_the_answers_before_it(wire: Wire) -> None:
    wire.send(post_json("/sleep", {"seconds": 0.3}) + request("POST /raw", EXPECT, "Content-Length: 5"))
    assert wire.reply().json() == {"slept": 0.3}
    assert wire.reply().status == 100
    assert wire.send(b"hello").reply().json()["length"] == 5


def test_a_body_that_grows_too_large_after_100(narrow: ServingProcess) -> None:
    with Wire(narrow.port) as wire:
        wire.send(request("POST /raw", EXPECT, "Transfer-Encoding: chunked"))
        assert wire.reply().status == 100
        wire.send(chunked(bytes(100_001)))
        assert wire.reply().status == 413
        assert wire.at_end()
