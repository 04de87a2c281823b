"""Which addresses registries have, and which may go without TLS."""

from __future__ import annotations

import httpx
import pytest

from hitless.errors import UnavailableError
from hitless.images.registry.address import base_url, resolved, resolved_realm, same_origin, with_query


@pytest.mark.parametrize(
    ("host", "plain_http", "url"),
    [
        ("docker.io", None, "https://registry-1.docker.io/"),
        ("registry.example", None, "https://registry.example/"),
        ("registry.example:5000", True, "http://registry.example:5000/"),
        ("127.0.0.1:5000", None, "http://127.0.0.1:5000/"),
        ("127.9.9.9", None, "http://127.9.9.9/"),
        ("localhost", None, "http://localhost/"),
        ("[::1]:5000", None, "http://[::1]:5000/"),
        ("127.0.0.1:5000", False, "https://127.0.0.1:5000/"),
        ("127.0.0.1.example:5000", None, "https://127.0.0.1.example:5000/"),
        ("localhost.example", None, "https://localhost.example/"),
    ],
)
def test_where_a_registry_answers(host: str, plain_http: bool | None, url: str) -> None:
    assert str(base_url(host, plain_http)) == url


@pytest.mark.parametrize(
    ("base", "location", "url"),
    [
        ("https://a.example/v2/x", "/v2/y?_state=a%3D", "https://a.example/v2/y?_state=a%3D"),
        ("https://a.example/v2/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/v2/x", "//b.example/y", "https://b.example/y"),
        ("http://127.0.0.1:1/v2/x", "http://127.0.0.1:2/y", "http://127.0.0.1:2/y"),
    ],
)
def test_locations_are_followed(base: str, location: str, url: str) -> None:
    assert str(resolved(httpx.URL(base), location, "it")) == url


@pytest.mark.parametrize("location", ["http://a.example/y", "file:///etc/passwd", "http://[::1", "ftp://a.example/"])
def test_locations_that_lead_astray_are_not(location: str) -> None:
    with pytest.raises(UnavailableError):
        resolved(httpx.URL("https://a.example/v2/x"), location, "it")


@pytest.mark.parametrize(
    ("realm", "is_taken"),
    [
        ("http://127.0.0.1:2/token", True),
        ("http://registry.example:81/token", True),
        ("https://auth.example/token", True),
        ("http://auth.example/token", False),
    ],
)
def test_passwords_do_not_go_to_strangers_without_tls(realm: str, is_taken: bool) -> None:
    base = httpx.URL("http://registry.example:5000/")
    if is_taken:
        assert str(resolved_realm(base, realm, "it")) == realm
    else:
        with pytest.raises(UnavailableError, match="without TLS"):
            resolved_realm(base, realm, "it")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://a.example:443/y", True),
        ("https://a.example/x", "https://A.example/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:444/x", False),
        ("https://a.example/x", "https://b.a.example/x", False),
    ],
)
def test_origins(one: str, other: str, same: bool) -> None:
    assert same_origin(httpx.URL(one), httpx.URL(other)) is same


def test_a_query_is_added_and_what_is_there_stays() -> None:
    location = httpx.URL("https://a.example/u?_state=a%2Fb%3D+c")
    assert str(with_query(location, "digest=sha256%3Aab")) == "https://a.example/u?_state=a%2Fb%3D+c&digest=sha256%3Aab"
    assert str(with_query(httpx.URL("https://a.example/u"), "digest=x")) == "https://a.example/u?digest=x"
