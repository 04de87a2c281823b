"""Which request the flags of `hitless predict` make, and what is said about flags that make none."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from hitless.cli.request_flags import Body, Call, Flags, call_of_package, call_of_server
from hitless.errors import InputError
from hitless.serving.package import Package
from hitless.spec.contract import JSON, MULTIPART, Api, Contract, Payload

XY = Payload(schema={"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}}})
FORM = Payload(MULTIPART, {"type": "object", "properties": {"image": {"type": "file"}, "size": {"type": "integer"}}})
EXAMPLE = {"url": "/", "json": {"x": 1}}
GREET = {"url": "/greet", "method": "get", "query": "name=Ada"}


def package(*apis: Api, examples: list[dict[str, Any]] | None = None, folder: Path = Path()) -> Package:
    return Package(folder, Contract("a", "Image", apis=apis), {"example": examples or []})


def problems(make: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        make()
    return [problem.id for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("flags", "call"),
    [
        pytest.param(Flags(), Call("GET", "/"), id="nothing"),
        pytest.param(Flags("/health"), Call("GET", "/health"), id="path"),
        pytest.param(Flags(data="[1]"), Call("POST", "/", Body(JSON, b"[1]")), id="data"),
        pytest.param(Flags("/x?a=1", "put", data="1"), Call("PUT", "/x?a=1", Body(JSON, b"1")), id="method"),
        pytest.param(Flags(data="é", media_type="text/plain"), Call("POST", "/", Body("text/plain", "é".encode())),
                     id="media-type"),
    ],
)  # fmt: skip
def test_to_a_server(flags: Flags, call: Call) -> None:
    assert call_of_server(flags) == call


PLAIN = package(Api(request=XY))
SEVERAL = package(Api(url="/greet", method="GET"), Api(url="/both", method="GET"), Api(url="/both", request=XY))


@pytest.mark.parametrize(
    ("to", "flags", "call"),
    [
        pytest.param(PLAIN, Flags(data="1"), Call("POST", "/", Body(JSON, b"1")), id="data"),
        pytest.param(SEVERAL, Flags(), Call("GET", "/greet"), id="first-api"),
        pytest.param(SEVERAL, Flags("/both"), Call("GET", "/both"), id="without-body-the-get"),
        pytest.param(SEVERAL, Flags("both", data="1"), Call("POST", "/both", Body(JSON, b"1")), id="with-body-post"),
        pytest.param(SEVERAL, Flags("/greet?name=Ada"), Call("GET", "/greet?name=Ada"), id="query"),
        pytest.param(PLAIN, Flags("/health"), Call("GET", "/health"), id="a-path-of-the-server"),
        pytest.param(PLAIN, Flags("/nowhere", data="1"), Call("POST", "/nowhere", Body(JSON, b"1")), id="unknown-path"),
        pytest.param(PLAIN, Flags(method="delete"), Call("DELETE", "/"), id="method"),
        pytest.param(package(Api(method="PUT", request=XY)), Flags(data="1"), Call("PUT", "/", Body(JSON, b"1")),
                     id="method-of-the-contract"),
        pytest.param(package(Api(request=Payload("text/csv"))), Flags(data="a"),
                     Call("POST", "/", Body("text/csv", b"a")), id="media-type-of-the-contract"),
        pytest.param(package(Api(request=FORM)), Flags(data="1"), Call("POST", "/", Body(JSON, b"1")),
                     id="json-where-a-form-is-wanted"),
        pytest.param(package(Api()), Flags(), Call("POST", "/"), id="nothing-to-send"),
    ],
)  # fmt: skip
def test_to_a_package(to: Package, flags: Flags, call: Call) -> None:
    assert call_of_package(to, flags) == call


@pytest.mark.parametrize(
    ("flags", "method", "path", "body"),
    [
        pytest.param(Flags(), "POST", "/", b'{"x":1}', id="the-first"),
        pytest.param(Flags("/greet"), "GET", "/greet?name=Ada", None, id="the-first-for-the-path"),
        pytest.param(Flags(method="GET"), "GET", "/greet?name=Ada", None, id="the-first-for-the-method"),
    ],
)
def test_an_example_of_the_package(flags: Flags, method: str, path: str, body: bytes | None) -> None:
    found = call_of_package(package(Api(request=XY), examples=[EXAMPLE, GREET]), flags)
    assert (found.method, found.path, found.body.data if found.body else None) == (method, path, body)
    assert found.origin == "the first example for it in hitless.toml"


def test_flags_go_before_the_example() -> None:
    found = call_of_package(package(Api(request=XY), examples=[EXAMPLE]), Flags(data="2"))
    assert found == Call("POST", "/", Body(JSON, b"2"))


@pytest.mark.parametrize(
    ("api", "flags"),
    [
        pytest.param(Api(request=XY), """-d '{"x": …, "y": …}'""", id="json"),
        pytest.param(Api(request=FORM), "-F image=@FILE -F size=…", id="form"),
        pytest.param(Api(request=Payload(MULTIPART)), "-F name=@FILE", id="form-without-schema"),
    ],
)
def test_without_an_example_the_flags_are_shown(api: Api, flags: str) -> None:
    with pytest.raises(InputError) as caught:
        call_of_package(package(api), Flags())
    [problem] = caught.value.problems
    assert (problem.id, problem.message) == ("CALL-5", "there is no example for POST /, and neither -F nor -d")
    assert problem.remedy == f"Send one with {flags}, or write an [[example]] into hitless.toml."


def test_a_form(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("of the file")
    call = call_of_server(Flags(form=["name=Ada = L.", f"file=@{tmp_path}/a.txt"]))
    assert call.method == "POST"
    assert call.body is not None
    assert call.body.content_type.startswith("multipart/form-data; boundary=")
    assert b'name="name"\r\n\r\nAda = L.\r\n' in call.body.data
    assert b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nof the file\r\n' in call.body.data


def test_data_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"x": 1}')
    assert call_of_server(Flags(data=f"@{tmp_path}/x.json")).body == Body(JSON, b'{"x": 1}')


def test_data_from_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1, 2]")))
    assert call_of_server(Flags(data="@-")).body == Body(JSON, b"[1, 2]")


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        pytest.param({"form": ["a=1"], "data": "1"}, ["CALL-1"], id="form-and-data"),
        pytest.param({"form": ["a", "=b", "c=@/no/such", "d=@."]}, ["CALL-2", "CALL-2", "CALL-3", "CALL-3"],
                     id="every-wrong-field"),
        pytest.param({"data": "@/no/such"}, ["CALL-3"], id="file-missing"),
        pytest.param({"data": "@a\0b"}, ["CALL-3"], id="file-name-with-a-nul"),
        pytest.param({"data": "{x: 1}"}, ["CALL-4"], id="no-json"),
        pytest.param({"data": "[" * 100_000}, ["CALL-4"], id="deep-json"),
        pytest.param({"data": ""}, ["CALL-4"], id="empty-json"),
        pytest.param({"method": "GET /"}, ["CALL-6"], id="no-method"),
        pytest.param({"data": "1", "media_type": "text"}, ["CALL-9"], id="no-media-type"),
        pytest.param({"data": "1", "media_type": "text/plain\r\nx: y"}, ["CALL-9"], id="header-in-the-media-type"),
        pytest.param({"data": "\udcff"}, ["CALL-10"], id="data-not-utf-8"),
        pytest.param({"form": ["a=\udcff"]}, ["CALL-10"], id="field-not-utf-8"),
        pytest.param({"path": "/\udcff"}, ["CALL-10"], id="path-not-utf-8"),
    ],
)  # fmt: skip
def test_wrong_flags(flags: dict[str, Any], ids: list[str]) -> None:
    assert problems(lambda: call_of_server(Flags(**flags))) == ids
    assert problems(lambda: call_of_package(PLAIN, Flags(**flags))) == ids
