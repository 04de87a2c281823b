"""Paths, methods and the fields of a request's line: 404, 405, HEAD, forms of the target, declined upgrades."""

from __future__ import annotations

import base64

import pytest
from tests.e2e.http.wire import Wire, chunked, request

WORLD = {"hello": "world"}


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        pytest.param("/hello", WORLD, id="plain"),
        pytest.param("/hello?", WORLD, id="empty-query"),
        pytest.param("/hello?name=you", {"hello": "you"}, id="query"),
        pytest.param("/hello?other=1&name=a%20b+c&x", {"hello": "a b c"}, id="encoded-query"),
        pytest.param("/hello?name=%C3%A9%E2%82%AC", {"hello": "é€"}, id="utf-8-query"),
        pytest.param("/hello?name=a/b?c", {"hello": "a/b?c"}, id="marks-in-the-query"),
        pytest.param("/h%65llo", WORLD, id="encoded-path"),
        pytest.param("/%68%65%6C%6c%6F?name=x", {"hello": "x"}, id="all-encoded"),
        pytest.param("http://test/hello?name=x", {"hello": "x"}, id="absolute"),
        pytest.param("HTTP://user@other.example:81/hello", WORLD, id="absolute-elsewhere"),
    ],
)
def test_targets(wire: Wire, target: str, answer: object) -> None:
    assert wire.ask(request(f"GET {target}")).json() == answer


@pytest.mark.parametrize(
    "target", ["/nowhere", "/hello/", "//hello", "/Hello", "/hello%2F", "/../hello", "/hello#x", "/%00", "/%ff", "*"]
)
def test_404(wire: Wire, target: str) -> None:
    reply = wire.ask(request(f"GET {target}"))
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert "/hello" in reply.json()["detail"], "says what there is"
    assert wire.ask(request("GET /hello")).json() == WORLD


@pytest.mark.parametrize("target", ["http://test", "http://test?a=b/c", "http://test/"])
def test_an_absolute_target_without_a_path_is_the_root(wire: Wire, target: str) -> None:
    reply = wire.ask(request(f"POST {target}", body=b"{}"))
    assert reply.json()["path"] == "/"
    assert reply.json()["query"] == ({"a": "b/c"} if "?" in target else {})


@pytest.mark.parametrize(
    ("line", "allow"),
    [
        pytest.param("POST /hello", "GET, HEAD", id="post-for-get"),
        pytest.param("GET /", "POST", id="get-for-post"),
        pytest.param("HEAD /", "POST", id="head-for-post"),
        pytest.param("DELETE /", "POST", id="delete"),
        pytest.param("OPTIONS /hello", "GET, HEAD", id="options"),
        pytest.param("PROPFIND /hello", "GET, HEAD", id="webdav"),
        pytest.param("POST /health", "GET, HEAD", id="post-for-health"),
    ],
)
def test_405_names_what_is_allowed(wire: Wire, line: str, allow: str) -> None:
    reply = wire.ask(request(line))
    assert reply.status == 405
    assert reply.headers["allow"] == allow
    assert wire.ask(request("GET /hello")).json() == WORLD


@pytest.mark.parametrize("path", ["/hello?name=head", "/health", "/nowhere", "/metrics", "/openapi.json"])
def test_head_is_get_without_the_body(wire: Wire, path: str) -> None:
    head = wire.ask(request(f"HEAD {path}"))
    get = wire.ask(request(f"GET {path}"))
    assert (head.status, head.body) == (get.status, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    if path != "/metrics":  # it counts itself
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param(["Content-Length: 3"], b"abc", id="sized"),
        pytest.param(["Transfer-Encoding: chunked"], chunked(b"ab", b"c"), id="chunked"),
    ],
)
@pytest.mark.parametrize("offer", ["h2c", "websocket", "TLS/1.3, h2c"])
def test_an_upgrade_is_declined_by_answering(wire: Wire, offer: str, fields: list[str], body: bytes) -> None:
    """As if it was not offered (RFC 9110, section 7.8): Java's clients offer h2c with every request."""
    upgrade = ["Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offer}", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"]
    for _ in range(2):
        reply = wire.ask(request("POST /raw", *upgrade, *fields) + body)
        assert reply.status == 200
        assert base64.b64decode(reply.json()["body"]) == b"abc"
        assert reply.kept_alive
    wire.send(request("POST /raw", *upgrade, *fields) + body + request("GET /hello", *upgrade) + request("GET /hello"))
    assert wire.reply().json()["length"] == 3
    assert wire.reply().json() == WORLD
    assert wire.reply().json() == WORLD


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_an_upgrade_with_close(wire: Wire, offer: str) -> None:
    reply = wire.ask(request("POST /raw", "Connection: Upgrade, close", f"Upgrade: {offer}", body=b"abc"))
    assert reply.json()["length"] == 3
    assert not reply.kept_alive
    assert wire.at_end()


def test_an_upgrade_of_1_0_is_ignored(wire: Wire) -> None:
    reply = wire.ask(request("POST /raw HTTP/1.0", "Connection: Upgrade", "Upgrade: h2c", body=b"abc"))
    assert reply.json()["length"] == 3
    assert wire.at_end()


@pytest.mark.parametrize("target", ["test:443", "/hello"])
def test_connect_is_refused(wire: Wire, target: str) -> None:
    reply = wire.send(request(f"CONNECT {target}") + b"\x16\x03\x01" + request("GET /hello")).reply()
    assert reply.status in (400, 404, 405)
    assert wire.at_end()
