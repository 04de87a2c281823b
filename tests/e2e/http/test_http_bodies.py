"""Bodies, sized and chunked (RFC 9112, sections 6 and 7): what arrives is what was sent, however it was cut."""

from __future__ import annotations

import base64
import random

import pytest
from tests.e2e.http.wire import Wire, chunked, request

CHUNKED = "Transfer-Encoding: chunked"
LARGE = random.Random(7).randbytes(3_000_000)


@pytest.mark.parametrize(
    ("fields", "sent", "body"),
    [
        pytest.param([], b"", b"", id="none"),
        pytest.param(["Content-Length: 0"], b"", b"", id="length-zero"),
        pytest.param(["Content-Length: 5"], b"hello", b"hello", id="sized"),
        pytest.param(["Content-Length:   005  "], b"hello", b"hello", id="length-with-blanks-and-zeros"),
        pytest.param([CHUNKED], b"0\r\n\r\n", b"", id="chunked-empty"),
        pytest.param([CHUNKED], chunked(b"hello"), b"hello", id="one-chunk"),
        pytest.param([CHUNKED], chunked(b"he", b"l", b"lo"), b"hello", id="three-chunks"),
        pytest.param(
            [CHUNKED], b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2, id="either-case"
        ),
        pytest.param([CHUNKED], b"0005\r\nhello\r\n000\r\n\r\n", b"hello", id="zeros-before-the-size"),
        pytest.param([CHUNKED], b'5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n', b"hello", id="extensions"),
        pytest.param([CHUNKED], b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n", id="chunk-of-a-line-break"),
        pytest.param(["Transfer-Encoding: Chunked"], chunked(b"hello"), b"hello", id="capital-coding"),
        pytest.param([CHUNKED, "Trailer: X"], chunked(b"hello", trailers=b"X: y\r\nZ: w\r\n"), b"hello", id="trailers"),
        pytest.param(["Content-Length: 3000000"], LARGE, LARGE, id="large-sized"),
        pytest.param(
            [CHUNKED], chunked(*(LARGE[at : at + 9999] for at in range(0, 3_000_000, 9999))), LARGE, id="large"
        ),
    ],
)
def test_the_body_is_what_was_sent(wire: Wire, fields: list[str], sent: bytes, body: bytes) -> None:
    reply = wire.ask(request("POST /raw", *fields) + sent)
    assert reply.status == 200
    assert reply.json()["length"] == len(body)
    assert base64.b64decode(reply.json()["body"]) == body[:65536]
    assert wire.ask(request("GET /hello")).json() == {"hello": "world"}


@pytest.mark.parametrize("fields", [["Content-Length: 26"], [CHUNKED]], ids=["sized", "chunked"])
def test_byte_by_byte(wire: Wire, fields: list[str]) -> None:
    body = b"abcdefghijklmnopqrstuvwxyz"
    sent = request("POST /raw?a=b", *fields) + (body if fields != [CHUNKED] else chunked(body[:9], body[9:]))
    for place in range(len(sent)):
        wire.send(sent[place : place + 1])
    reply = wire.reply().json()
    assert base64.b64decode(reply["body"]) == body
    assert reply["query"] == {"a": "b"}


def test_trailers_never_become_headers(wire: Wire) -> None:
    """Neither of their own request nor of the next one on the connection (a way to smuggle)."""
    trailers = b"X-Request-Id: smuggled\r\nX-Trailer: one\r\nHost: elsewhere\r\nContent-Type: text/html\r\n"
    wire.send(request("POST /raw", CHUNKED) + chunked(b"ab", trailers=trailers) + request("POST /", body=b"{}"))
    first, second = wire.reply(), wire.reply()
    assert set(first.json()["headers"]) == {"host", "transfer-encoding"}
    assert set(second.json()["headers"]) == {"host", "content-length"}
    assert second.json()["headers"]["host"] == "test"
    assert "smuggled" not in {first.headers["x-request-id"], second.headers["x-request-id"]}
    wire.send(request("POST /raw", CHUNKED) + chunked(b"ab", trailers=trailers))
    assert wire.reply().status == 200
    assert set(wire.ask(request("POST /", body=b"{}")).json()["headers"]) == {"host", "content-length"}


def test_a_body_with_get_is_read_as_one(wire: Wire) -> None:
    assert wire.ask(request("GET /health", body=b"GET /nowhere HTTP/1.1\r\n\r\n")).json() == {"health": "true"}
    assert wire.ask(request("GET /hello?name=next")).json() == {"hello": "next"}


def test_compressed_bodies_are_refused(wire: Wire) -> None:
    reply = wire.ask(request("POST /raw", "Content-Encoding: gzip", body=b"\x1f\x8b"))
    assert reply.status == 415
    assert wire.ask(request("POST /raw", "Content-Encoding: identity", body=b"ab")).json()["length"] == 2
