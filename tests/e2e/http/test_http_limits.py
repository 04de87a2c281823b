"""What is too large: refused with its own status, in time to be read by a client that is still sending.

The server `narrow` takes lines of 1 000, heads of 4 000 (20 headers) and bodies of 100 000 bytes.
"""

from __future__ import annotations

import contextlib
import threading

import pytest
from tests.e2e.http.wire import Wire, chunked, request
from tests.e2e.serving_process import ServingProcess

CHUNKED = "Transfer-Encoding: chunked"


def target(size: int) -> str:
    return "/hello?name=" + "x" * (size - len("/hello?name="))


def fields(count: int, size: int = 10) -> list[str]:
    """Header lines of so many bytes each, CRLF and all."""
    return [f"x-{number:03}: " + "v" * (size - 9) for number in range(count)]


@pytest.mark.parametrize(
    ("sent", "status", "ends"),
    [
        pytest.param(request(f"GET {target(1000)}"), 200, False, id="line-at-its-limit"),
        pytest.param(request(f"GET {target(1001)}"), 414, True, id="line-over"),
        pytest.param(request("GET " + target(200_000)), 414, True, id="line-far-over"),
        pytest.param(b"GET /" + b"x" * 200_000, 414, True, id="line-without-end"),
        pytest.param(request("GET /hello", *fields(19)), 200, False, id="headers-at-their-limit"),
        pytest.param(request("GET /hello", *fields(20)), 431, True, id="one-header-too-many"),
        pytest.param(request("GET /hello", *fields(5000)), 431, True, id="far-too-many-headers"),
        pytest.param(request("GET /hello", *fields(15, 260)), 200, False, id="head-at-its-limit"),
        pytest.param(request("GET /hello", *fields(16, 260)), 431, True, id="head-over"),
        pytest.param(request("GET /hello", "X: " + "v" * 200_000), 431, True, id="one-huge-header"),
        pytest.param(b"GET /hello HTTP/1.1\r\nHost: a\r\nX: " + b"v" * 500_000, 431, True, id="header-without-end"),
        pytest.param(b"GET /hello HTTP/1.1\r\nHost: a\r\n" + b"x" * 500_000, 431, True, id="name-without-end"),
        pytest.param(request("POST /raw", body=bytes(100_000)), 200, False, id="body-at-its-limit"),
        pytest.param(
            request("POST /raw", CHUNKED) + chunked(bytes(60_000), bytes(40_000)), 200, False, id="chunked-at"
        ),
        pytest.param(request("POST /raw", body=bytes(100_001)), 413, True, id="body-over"),
        pytest.param(
            request("POST /raw", CHUNKED) + chunked(bytes(60_000), bytes(40_001)), 413, True, id="chunked-over"
        ),
        pytest.param(request("POST /raw", "Content-Length: 99999999999"), 413, True, id="body-declared-far-over"),
        pytest.param(request("POST /nowhere", body=bytes(100_001)), 404, True, id="large-body-for-nobody"),
        pytest.param(request("POST /nowhere", body=bytes(50_000)), 404, False, id="small-body-for-nobody"),
    ],
)
def test_limits(narrow: ServingProcess, sent: bytes, status: int, ends: bool) -> None:
    with Wire(narrow.port) as wire:
        reply = wire.send(sent).reply()
        assert reply.status == status
        assert reply.kept_alive is not ends
        wire.send(request("GET /hello?name=after"))
        if ends:
            assert wire.at_end()
        else:
            assert wire.reply().json() == {"hello": "after"}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"x" * 1000, id="in-a-name"),
        pytest.param(b"x: " + b"v" * 1000, id="in-a-value"),
        pytest.param(b"x: v\r\n" * 100, id="fields"),
    ],
)
def test_a_head_that_never_ends_is_bounded(narrow: ServingProcess, part: bytes) -> None:
    with Wire(narrow.port) as wire:
        wire.send(b"GET /hello HTTP/1.1\r\nHost: a\r\n")
        sender = threading.Thread(target=_send, args=(wire, part * 30))
        sender.start()
        try:
            assert wire.reply().status == 431
        finally:
            sender.join()
        assert wire.at_end()


def _send(wire: Wire, data: bytes) -> None:
    """In pieces, as the network cuts it; refused or not."""
    with contextlib.suppress(ConnectionError):
        for at in range(0, len(data), 1000):
            wire.send(data[at : at + 1000])


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(request("POST /raw", "Content-Length: 30000000"), id="declared"),
        pytest.param(request("POST /raw", CHUNKED) + b"1C9C380\r\n", id="chunked"),
        pytest.param(request("POST /nowhere", "Content-Length: 30000000"), id="404"),
        pytest.param(request("POST /hello", "Content-Length: 30000000"), id="405"),
    ],
)
def test_a_client_reads_the_refusal_after_sending_all(narrow: ServingProcess, head: bytes) -> None:
    """Most clients send the whole body before they look: no reset may eat the answer (RFC 9112, section 9.6)."""
    with Wire(narrow.port) as wire:
        wire.send(head)
        wire.send(bytes(30_000_000))
        reply = wire.reply()
        assert reply.status in (404, 405, 413)
        assert not reply.kept_alive
        assert wire.at_end()


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"0\r\n" + b"x: v\r\n" * 400_000, id="trailers"),
        pytest.param(b"0\r\nx: " + b"v" * 2_000_000, id="one-trailer"),
        pytest.param(b"2;" + b"x" * 2_000_000, id="extension"),
        pytest.param(b"1;extension=of-some-length\r\na\r\n" * 70_000, id="extensions"),
        pytest.param(b"0" * 2_000_000, id="zeros-of-a-size"),
    ],
)
def test_what_surrounds_chunks_is_bounded(narrow: ServingProcess, rest: bytes) -> None:
    """Trailers, extensions and zeros cost memory or time, too, and no limit on the body counts them."""
    with Wire(narrow.port) as wire:
        wire.send(request("POST /raw", CHUNKED))
        sender = threading.Thread(target=_send, args=(wire, rest))
        sender.start()
        try:
            assert wire.reply().status in (400, 413, 431)
        finally:
            sender.join()
        assert wire.at_end()
