"""What is no HTTP/1.1 request is refused with the reason, the connection ends, and nothing after it is read as one.

Rows of RFC 9112 (sections 2 to 7 and 11.2, request smuggling).
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from tests.e2e.http.wire import Wire, chunked, request
from tests.e2e.serving_process import ServingProcess

CHUNKED = "Transfer-Encoding: chunked"
SMUGGLED = request("GET /hello?name=smuggled")


class Malformed(NamedTuple):
    sent: bytes
    status: int = 400


def with_body(*fields: str, body: bytes = b"", line: str = "POST /raw") -> bytes:
    return request(line, *fields) + body


ROWS = {
    # Section 6.3: one length, and only one
    "length-and-chunked": Malformed(with_body("Content-Length: 4", CHUNKED, body=chunked(b"ab"))),
    "chunked-and-length": Malformed(with_body(CHUNKED, "Content-Length: 4", body=chunked(b"ab"))),
    "two-lengths": Malformed(with_body("Content-Length: 2", "Content-Length: 3", body=b"abc")),
    "two-equal-lengths": Malformed(with_body("Content-Length: 2", "Content-Length: 2", body=b"ab")),
    "length-list": Malformed(with_body("Content-Length: 2, 2", body=b"ab")),
    "length-sign": Malformed(with_body("Content-Length: +2", body=b"ab")),
    "length-negative": Malformed(with_body("Content-Length: -2", body=b"ab")),
    "length-hex": Malformed(with_body("Content-Length: 0x2", body=b"ab")),
    "length-words": Malformed(with_body("Content-Length: two", body=b"ab")),
    "length-empty": Malformed(with_body("Content-Length:", body=b"ab")),
    "length-huge": Malformed(with_body("Content-Length: 99999999999999999999", body=b"ab")),
    # Section 6.1: codings
    "chunked-twice": Malformed(with_body(CHUNKED, CHUNKED, body=chunked(b"ab"))),
    "chunked-list-twice": Malformed(with_body("Transfer-Encoding: chunked, chunked", body=chunked(b"ab"))),
    "chunked-not-last": Malformed(with_body("Transfer-Encoding: chunked, gzip", body=chunked(b"ab"))),
    "other-coding": Malformed(with_body("Transfer-Encoding: gzip", body=b"ab")),
    "coding-before-chunked": Malformed(with_body("Transfer-Encoding: gzip, chunked", body=chunked(b"ab")), 501),
    "coding-with-parameter": Malformed(with_body("Transfer-Encoding: chunked;q=1", body=chunked(b"ab"))),
    "coding-in-1.0": Malformed(with_body(CHUNKED, body=chunked(b"ab"), line="POST /raw HTTP/1.0")),
    # Section 7.1: chunks
    "chunk-size-word": Malformed(with_body(CHUNKED, body=b"two\r\nab\r\n0\r\n\r\n")),
    "chunk-size-negative": Malformed(with_body(CHUNKED, body=b"-2\r\nab\r\n0\r\n\r\n")),
    "chunk-size-prefixed": Malformed(with_body(CHUNKED, body=b"0x2\r\nab\r\n0\r\n\r\n")),
    "chunk-size-huge": Malformed(with_body(CHUNKED, body=b"fffffffffffffffff\r\nab\r\n0\r\n\r\n")),
    "chunk-size-missing": Malformed(with_body(CHUNKED, body=b"\r\nab\r\n0\r\n\r\n")),
    "chunk-size-blank": Malformed(with_body(CHUNKED, body=b"2 \r\nab\r\n0\r\n\r\n")),
    "chunk-too-long": Malformed(with_body(CHUNKED, body=b"2\r\nabc\r\n0\r\n\r\n")),
    "chunk-size-bare-lf": Malformed(with_body(CHUNKED, body=b"2\nab\r\n0\r\n\r\n")),
    "chunk-data-bare-lf": Malformed(with_body(CHUNKED, body=b"2\r\nab\n0\r\n\r\n")),
    "chunk-data-bare-cr": Malformed(with_body(CHUNKED, body=b"2\r\nab\r0\r\n\r\n")),
    "chunk-extension-bare-lf": Malformed(with_body(CHUNKED, body=b"2;a\nab\r\n0\r\n\r\n")),
    "trailer-no-colon": Malformed(with_body(CHUNKED, body=b"0\r\nbad trailer\r\n\r\n")),
    "trailer-length": Malformed(with_body(CHUNKED, body=b"0\r\nContent-Length: 5\r\n\r\n")),
    # Section 5: fields
    "bare-cr": Malformed(b"GET /hello HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
    "bare-lf-line": Malformed(b"GET /hello HTTP/1.1\nHost: a\r\n\r\n"),
    "bare-lf-field": Malformed(b"GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    "obs-fold": Malformed(request("GET /hello", "X: a\r\n b")),
    "leading-fold": Malformed(b"GET /hello HTTP/1.1\r\n Host: a\r\n\r\n"),
    "blank-before-colon": Malformed(request("GET /hello", "X : a")),
    "no-colon": Malformed(request("GET /hello", "nothing")),
    "no-name": Malformed(request("GET /hello", ": value")),
    "nul-in-value": Malformed(request("GET /hello", "X: a\0b")),
    "nul-in-name": Malformed(request("GET /hello", "X\0: ab")),
    "control-in-value": Malformed(request("GET /hello", "X: a\x01b")),
    "letter-beyond-ascii-in-name": Malformed(request("GET /hello", "Xé: ab")),
    # Section 3: the request line
    "no-method": Malformed(b"/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
    "unknown-method": Malformed(request("BREW /hello")),
    "lower-case-method": Malformed(request("get /hello")),
    "blank-in-target": Malformed(request("GET /hel lo HTTP/1.1")),
    "nul-in-target": Malformed(request("GET /hel\0lo HTTP/1.1")),
    "raw-bytes-in-target": Malformed(request("GET /hellé HTTP/1.1")),
    "relative-target": Malformed(request("GET hello HTTP/1.1")),
    "lower-case-version": Malformed(request("GET /hello http/1.1")),
    "long-version": Malformed(request("GET /hello HTTP/1.11")),
    "other-protocol": Malformed(request("GET /hello ICY/1.1")),
    "version-2": Malformed(request("GET /hello HTTP/2.0"), 505),
    "version-3": Malformed(request("GET /hello HTTP/3.0"), 505),
    "version-0.9": Malformed(b"GET /hello\r\n\r\n", 505),
    # Other protocols
    "h2-preface": Malformed(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    "tls-hello": Malformed(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)),
    "ssh": Malformed(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "noise": Malformed(bytes(range(128, 256)) * 8),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_refused_and_closed(general: ServingProcess, row: Malformed) -> None:
    with Wire(general.port) as wire:
        reply = wire.send(row.sent + SMUGGLED).reply()
        assert reply.status == row.status
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["status"] == row.status
        assert reply.json()["detail"]
        assert not reply.kept_alive
        assert wire.at_end(), "something after the refused request was answered"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_answers_before_it_are_not_lost(general: ServingProcess, row: Malformed) -> None:
    with Wire(general.port) as wire:
        wire.send(request("GET /hello?name=before") + row.sent + SMUGGLED)
        assert wire.reply().json() == {"hello": "before"}
        assert wire.reply().status == row.status
        assert wire.at_end()


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_the_same_when_it_trickles(general: ServingProcess, row: Malformed) -> None:
    """Byte by byte, but for the bytes that nobody looks at."""
    with Wire(general.port) as wire:
        wire.socket.setsockopt(6, 1, 1)  # TCP_NODELAY: every send is a segment
        try:
            for place in range(len(row.sent)):
                wire.send(row.sent[place : place + 1])
            wire.send(SMUGGLED)
        except ConnectionError:
            pass  # it was refused before its end, and we went on for longer than the server takes an interest
        assert wire.reply().status == row.status
        assert wire.at_end()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request("GET /hello", host=False), id="no-host"),
        pytest.param(request("GET /hello", "Host: other"), id="two-hosts"),
        pytest.param(request("POST /raw", "Host: other", body=SMUGGLED), id="two-hosts-and-a-body"),
    ],
)
def test_a_wrong_host_is_refused_and_the_frame_is_certain(general: ServingProcess, sent: bytes) -> None:
    """RFC 9112, section 3.2: 400. Where such a request ends is not in doubt, so the connection goes on."""
    with Wire(general.port) as wire:
        assert wire.ask(sent).status == 400
        assert wire.ask(request("GET /hello")).json() == {"hello": "world"}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request("GET  /hello HTTP/1.1"), id="two-blanks"),
        pytest.param(b"GET /hello HTTP/1.0\r\n\r\n", id="1.0-without-host"),
        pytest.param(request("GET /hello", "X-Empty:"), id="empty-value"),
        pytest.param(request("GET /hello", "X:\t a \t"), id="blanks-around-a-value"),
        pytest.param(request("GET /hello", "X: caf\xe9 \xff"), id="latin-1-value"),
        pytest.param(request("GET /hello", "!#$%&'*+-.^_`|~0aZ: x"), id="every-letter-of-a-name"),
    ],
)
def test_odd_but_allowed(general: ServingProcess, sent: bytes) -> None:
    with Wire(general.port) as wire:
        assert wire.ask(sent).json() == {"hello": "world"}
