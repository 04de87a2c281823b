"""Addresses of servers, and what is said about those that are none. The rest needs a server: tests/e2e."""

from __future__ import annotations

import ssl

import httpx
import pytest

from hitless.cli.over_http import _is_distrust, _unavailable, url_of
from hitless.errors import InputError


@pytest.mark.parametrize(
    ("address", "path", "url"),
    [
        pytest.param("http://host:8080", None, "http://host:8080", id="address"),
        pytest.param("http://host:8080/greet?a=1", None, "http://host:8080/greet?a=1", id="with-a-path"),
        pytest.param("http://host:8080", "/greet", "http://host:8080/greet", id="and-a-path"),
        pytest.param("https://host/base/", "greet?a=é", "https://host/base/greet?a=%C3%A9", id="below-a-path"),
        pytest.param("http://[::1]:8080", "/", "http://[::1]:8080/", id="ipv6"),
    ],
)
def test_urls(address: str, path: str | None, url: str) -> None:
    assert str(url_of(address, path)) == url


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://", id="no-host"),
        pytest.param("http://host:port", id="no-port"),
        pytest.param("ftp://host", id="another-protocol"),
        pytest.param("http://host:99999999", id="port-too-large"),
    ],
)
def test_no_addresses(address: str) -> None:
    with pytest.raises(InputError) as caught:
        url_of(address, None)
    [problem] = caught.value.problems
    assert (problem.id, problem.remedy) == ("CALL-7", "Write it like http://127.0.0.1:8080.")
    assert problem.message.startswith(f"{address} is no address of a server: ")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(httpx.ConnectError("[Errno 111] Connection refused"), "Connection refused", id="refused"),
        pytest.param(httpx.ConnectTimeout(""), "no connection within 10 s", id="no-connection"),
        pytest.param(httpx.ReadTimeout(""), "no answer within 300 s", id="no-answer"),
        pytest.param(httpx.ReadError(""), "ReadError", id="wordless"),
        pytest.param(UnicodeError("label empty"), "label empty", id="no-name-of-a-host"),
        pytest.param(httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
                     "[SSL: WRONG_VERSION_NUMBER] wrong version number; is it http?", id="no-tls"),
        pytest.param(httpx.RemoteProtocolError("illegal status line"),
                     "it does not answer in HTTP (illegal status line); is it https?", id="no-http"),
    ],
)  # fmt: skip
def test_servers_that_cannot_be_reached(error: httpx.HTTPError | UnicodeError, reason: str) -> None:
    said = str(_unavailable(httpx.URL("http://me:secret@host:1"), error))
    assert said == (
        f"cannot reach http://host:1: {reason}\n    Is the server running there? `hitless serve DIR` starts one."
    )


def test_a_certificate_that_cannot_be_verified_is_recognised() -> None:
    error = httpx.ConnectError("failed")
    error.__cause__ = OSError("below")
    assert not _is_distrust(error)
    error.__cause__.__context__ = ssl.SSLCertVerificationError("self-signed")
    assert _is_distrust(error)
