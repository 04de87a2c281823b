"""Which route takes a request, 404 and 405: tables of methods and paths."""

from __future__ import annotations

from typing import cast

import pytest

from hitless.serving.exchange import Exchange
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.request import Rejected
from hitless.serving.routes import Routes


class Named:
    """A route that is known by its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.metrics = cast(EndpointMetrics, None)

    def check(self, exchange: Exchange, has_body: bool) -> None: ...

    def handle(self, exchange: Exchange) -> None: ...


ROUTES = Routes(
    (method, url, Named(f"{method} {url} {number}"))
    for number, (method, url) in enumerate(
        [
            ("POST", "/"),
            ("GET", "/items"),
            ("DELETE", "/items"),
            ("POST", "/a b/ü"),
            ("POST", "no-slash"),
            ("PUT", "/with?query=1"),
            ("GET", "/health"),
            ("GET", "/health"),  # ours, behind that of the contract
            ("HEAD", "/own-head"),
            ("GET", "/own-head"),
            ("POST", "/per%63ent"),
        ]
    )
)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("POST", "/", "POST / 0", id="root"),
        pytest.param("GET", "/items", "GET /items 1", id="one-url"),
        pytest.param("DELETE", "/items", "DELETE /items 2", id="two-methods"),
        pytest.param("HEAD", "/items", "GET /items 1", id="head-is-get-without-a-body"),
        pytest.param("HEAD", "/own-head", "HEAD /own-head 8", id="unless-there-is-one"),
        pytest.param("POST", "/a%20b/%C3%BC", "POST /a b/ü 3", id="percent-encoded"),
        pytest.param("POST", "/a%20b/%c3%bc", "POST /a b/ü 3", id="percent-encoded-in-lower-case"),
        pytest.param("POST", "/%61%20b/%C3%BC", "POST /a b/ü 3", id="encoded-without-need"),
        pytest.param("POST", "/no-slash", "POST no-slash 4", id="the-contract-left-the-slash-out"),
        pytest.param("PUT", "/with", "PUT /with?query=1 5", id="the-contract-has-a-query"),
        pytest.param("GET", "/health", "GET /health 6", id="the-first-wins"),
        pytest.param("POST", "/percent", "POST /per%63ent 10", id="the-contract-is-percent-encoded"),
    ],
)
def test_found(method: str, path: str, expected: str) -> None:
    route = ROUTES.find(method.encode(), path.encode())
    assert isinstance(route, Named)
    assert route.name == expected


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("GET", "/nowhere", 404, None, id="unknown"),
        pytest.param("GET", "/items/", 404, None, id="trailing-slash"),
        pytest.param("GET", "/Items", 404, None, id="case"),
        pytest.param("GET", "//items", 404, None, id="double-slash"),
        pytest.param("GET", "/x/../items", 404, None, id="dots-are-not-resolved"),
        pytest.param("GET", "", 404, None, id="empty"),
        pytest.param("OPTIONS", "*", 404, None, id="asterisk"),
        pytest.param("POST", "/%ff", 404, None, id="not-utf-8"),
        pytest.param("POST", "/%", 404, None, id="broken-escape"),
        pytest.param("GET", "/", 405, "POST", id="one-method"),
        pytest.param("POST", "/items", 405, "DELETE, GET, HEAD", id="all-that-are-allowed"),
        pytest.param("get", "/items", 405, "DELETE, GET, HEAD", id="methods-are-case-sensitive"),
    ],
)
def test_refused(method: str, path: str, status: int, allow: str | None) -> None:
    with pytest.raises(Rejected) as caught:
        ROUTES.find(method.encode(), path.encode("latin-1"))
    assert caught.value.status == status
    assert caught.value.headers.get("allow") == allow
    if allow:
        assert allow in caught.value.detail


def test_a_404_says_what_there_is() -> None:
    with pytest.raises(Rejected, match=r"There is nothing at /nowhere.*/a%20b/%C3%BC.*/items"):
        ROUTES.find(b"GET", b"/nowhere")


def test_a_404_does_not_say_that_the_contract_has_what_is_ours() -> None:
    with pytest.raises(Rejected) as caught:
        ROUTES.find(b"GET", b"/nowhere")
    assert "contract" not in caught.value.detail


def test_a_long_or_hostile_path_is_shown_short_and_escaped() -> None:
    with pytest.raises(Rejected) as caught:
        ROUTES.find(b"GET", b"/<script>\r\n\x00" + b"x" * 5000)
    assert "<" not in caught.value.detail
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 600
