"""What a terminal shows at start; the curl line is one that a shell understands and that calls the api."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from hitless.serving.banner import curl, ready
from hitless.serving.options import Options
from hitless.serving.package import Package
from hitless.spec.contract import MULTIPART, Api, Contract, Payload
from hitless.spec.health import Probe

FORM = Payload(MULTIPART, {"properties": {"images": {"type": "file"}, "name": {"type": "string"}}})


def package(*apis: Api, folder: Path = Path(), settings: dict[str, Any] | None = None, **more: Any) -> Package:
    return Package(folder, Contract("a", "Image", apis=apis, **more), settings or {})


def line(api: Api, base: str = "http://127.0.0.1:8080", **more: Any) -> list[str]:
    """The words of the curl line as a shell reads it: an unquoted & or ; is a word of its own."""
    text = curl(package(api, **more), base, api)
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return list(words)


@pytest.mark.parametrize(
    ("api", "settings", "words"),
    [
        pytest.param(Api(request=FORM), None, ["-X", "POST", "URL/", "-F", "images=@FILE", "-F", "name=TEXT"],
                     id="form"),
        pytest.param(Api(request=FORM), {"example": [{"form": {"images": "@seven.jpg"}}]},
                     ["-X", "POST", "URL/", "-F", "images=@seven.jpg"], id="example"),
        pytest.param(Api("/x", request=FORM), {"example": [{"form": {"a": "b"}}, {"url": "/x", "form": {"c": "d"}}]},
                     ["-X", "POST", "URL/x", "-F", "c=d"], id="example-of-that-url"),
        pytest.param(Api(request=FORM), {"example": [{"form": {"name": "a b'c & $d"}}]},
                     ["-X", "POST", "URL/", "-F", "name=a b'c & $d"], id="what-a-shell-would-take-apart"),
        pytest.param(Api(request=FORM), {"example": [{"form": {"name": "a&b"}}]},
                     ["-X", "POST", "URL/", "-F", "name=a&b"], id="ampersand"),
        pytest.param(Api("/greet", "GET"), None, ["-X", "GET", "URL/greet"], id="get"),
        pytest.param(Api("/it", "DELETE"), None, ["-X", "DELETE", "URL/it"], id="delete"),
        pytest.param(Api(), None, ["-X", "POST", "URL/", "-H", "Content-Type: application/json", "-d", "{}"],
                     id="json"),
        pytest.param(Api(), {"example": [{"json": {"a": "it's"}}]},
                     ["-X", "POST", "URL/", "-H", "Content-Type: application/json", "-d", '{"a":"it\'s"}'],
                     id="json-of-the-example"),
        pytest.param(Api("/g", "GET"), {"example": [{"url": "/g", "json": {}}]}, ["-X", "GET", "URL/g"],
                     id="example-of-another-method"),
        pytest.param(Api("/g", "GET"), {"example": [{"url": "/g", "method": "GET", "query": "a=1&b=2"}]},
                     ["-X", "GET", "URL/g?a=1&b=2"], id="query-of-the-example"),
        pytest.param(Api(request=FORM), {"example": [{"form": {"name": True, "images": [1]}}]},
                     ["-X", "POST", "URL/", "-F", "name=true", "-F", "images=[1]"], id="values-as-in-the-example"),
    ],
)  # fmt: skip
def test_curl(api: Api, settings: dict[str, Any] | None, words: list[str]) -> None:
    expected = ["curl", *(word.replace("URL", "http://127.0.0.1:8080") for word in words)]
    assert line(api, settings=settings) == expected


def test_files_are_named_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {"example": [{"form": {"images": "@a/seven.jpg"}}]}
    assert line(Api(request=FORM), settings=settings, folder=tmp_path / "pkg")[-1] == "images=@pkg/a/seven.jpg"


def test_a_self_signed_certificate_is_not_looked_at() -> None:
    assert line(Api(), "https://127.0.0.1:8443")[:2] == ["curl", "-k"]


def test_ready() -> None:
    shown = package(Api(), Api("/greet", "GET"), health=Probe(url="/health"), protocol="https")
    lines = ready(shown, Options(playground=True), 8443, 2, 0.4567).splitlines()
    assert lines[0] == "ready in 0.46 s: https://127.0.0.1:8443  (2 workers; Ctrl-C stops)"
    assert [entry.split() for entry in lines[1:4]] == [
        ["POST", "https://127.0.0.1:8443/"],
        ["GET", "https://127.0.0.1:8443/greet"],
        ["GET", "https://127.0.0.1:8443/health"],
    ]
    assert lines[4].startswith("try it:      curl -k -X POST https://127.0.0.1:8443/")
    assert lines[5] == "playground:  https://127.0.0.1:8443/playground"
    assert len(lines) == 6


def test_ready_with_nothing_to_show() -> None:
    lines = ready(package(), Options(), 8080, 1, 1.0).splitlines()
    assert lines[0] == "ready in 1.00 s: http://127.0.0.1:8080  (1 worker; Ctrl-C stops)"
    assert [entry.split() for entry in lines[1:]] == [["GET", "http://127.0.0.1:8080/health"]]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        pytest.param("", "http://127.0.0.1:8080", id="all"),
        pytest.param("0.0.0.0", "http://127.0.0.1:8080", id="all-of-ipv4"),
        pytest.param("::", "http://[::1]:8080", id="all-of-ipv6"),
        pytest.param("192.0.2.7", "http://192.0.2.7:8080", id="ipv4"),
        pytest.param("::1", "http://[::1]:8080", id="ipv6"),
        pytest.param("localhost", "http://localhost:8080", id="name"),
    ],
)
def test_the_address_is_one_that_answers(host: str, base: str) -> None:
    assert base in ready(package(Api()), Options(host=host), 8080, 1, 1.0)
