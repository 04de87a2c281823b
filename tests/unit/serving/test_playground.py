"""The playground's page: which form each api gets, what is embedded, and that nothing of a package becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hitless.serving import playground
from hitless.serving.package import Package
from hitless.serving.playground.contents import api_form, contents, field
from hitless.serving.playground.samples import LIMIT_BYTES
from hitless.serving.playground.skeleton import skeleton
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.dialect import to_json_schema
from hitless.spec.health import Probe

JSON, FORM = "application/json", "multipart/form-data"
HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>&amp;"

Schema = Mapping[str, Any]


def contract_of(*apis: Api, algorithm: str = "predict_analysis", **more: Any) -> Contract:
    return Contract(model_algorithm=algorithm, model_type="Image", apis=apis, **more)


def package_of(folder: Path, *apis: Api, settings: Mapping[str, Any] | None = None, **more: Any) -> Package:
    return Package(folder, contract_of(*apis, **more), settings or {})


def api_of(properties: Schema, kind: str = FORM, method: str = "POST", url: str = "/", **more: Any) -> Api:
    return Api(url, method, request=Payload(kind, {"type": "object", "properties": properties, **more}))


def form_of(api: Api, **more: Any) -> dict[str, Any]:
    return api_form(api, contract_of(api, **more))


# Fields


@pytest.mark.parametrize(
    ("schema", "body", "kind"),
    [
        pytest.param({"type": "file"}, "form", "file", id="file"),
        pytest.param({"type": "array", "items": [{"type": "file"}]}, "form", "files", id="files"),
        pytest.param({"type": "string"}, "form", "text", id="text"),
        pytest.param({"type": "number"}, "form", "number", id="number"),
        pytest.param({"type": "integer"}, "query", "integer", id="integer-of-a-query"),
        pytest.param({"type": ["integer", "null"]}, "json", "integer", id="integer-or-null"),
        pytest.param({"type": "boolean"}, "json", "boolean", id="boolean"),
        pytest.param({"enum": ["a", "b", None]}, "json", "choice", id="choice"),
        pytest.param({"enum": [{"a": 1}]}, "json", "json", id="choice-of-objects"),
        pytest.param({"type": "object"}, "form", "json", id="object-in-a-form"),
        pytest.param({"type": "array", "items": [{"type": "number"}]}, "form", "json", id="array-in-a-form"),
        pytest.param({}, "form", "text", id="anything-in-a-form"),
        pytest.param({}, "json", "json", id="anything-in-json"),
        pytest.param({"type": ["string", "number"]}, "json", "json", id="two-types-in-json"),
        pytest.param(True, "json", "json", id="schema-true"),
    ],
)
def test_the_kind_of_a_field(schema: Any, body: str, kind: str) -> None:
    standard = to_json_schema(schema) if isinstance(schema, dict) else schema
    assert field("x", standard, body, False, False)["kind"] == kind


def test_a_field_carries_what_its_control_needs() -> None:
    bounds = {"minimum": 1, "maximum": 5, "default": 3}
    entry = {"name": "top", "kind": "integer", "required": True, "note": "How many.", **bounds}
    assert field("top", {"type": "integer", "description": "How many.", **bounds}, "json", False, True) == entry


@pytest.mark.parametrize(
    ("name", "algorithm", "picture"),
    [
        pytest.param("images", "predict_analysis", True, id="by-its-name"),
        pytest.param("x", "image_classification", True, id="by-the-algorithm"),
        pytest.param("audio", "sound_classification", False, id="neither"),
    ],
)
def test_a_picture_is_recognised_by_words(name: str, algorithm: str, picture: bool) -> None:
    made = form_of(api_of({name: {"type": "file"}}), algorithm=algorithm)
    assert made["fields"][0]["picture"] is picture


@pytest.mark.parametrize(
    ("url", "answer", "sketch"),
    [
        pytest.param("/", "mnist_result", True, id="by-the-answer"),
        pytest.param("/digits", "label", True, id="by-the-url"),
        pytest.param("/", "label", False, id="photos"),
    ],
)
def test_drawing_comes_first_for_drawn_things(url: str, answer: str, sketch: bool) -> None:
    response = Payload(JSON, {"properties": {answer: {}}})
    api = Api(url, request=Payload(FORM, {"properties": {"images": {"type": "file"}}}), response=response)
    assert form_of(api, algorithm="image_classification")["sketch"] is sketch


# Apis


@pytest.mark.parametrize(
    ("api", "body"),
    [
        pytest.param(Api("/", "GET"), "none", id="get"),
        pytest.param(api_of({"a": {}}, JSON, "GET"), "query", id="get-with-properties"),
        pytest.param(Api("/", "POST"), "json", id="post-that-declares-nothing"),
        pytest.param(api_of({}, JSON), "json", id="json"),
        pytest.param(api_of({}, FORM), "form", id="form"),
        pytest.param(Api(request=Payload("application/ld+json")), "json", id="kind-of-json"),
        pytest.param(Api(request=Payload("text/plain")), "text", id="text"),
        pytest.param(Api(request=Payload("image/png")), "file", id="octets"),
    ],
)
def test_how_a_request_is_put_together(api: Api, body: str) -> None:
    assert form_of(api)["body"] == body


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        pytest.param({"a": {"type": "string"}, "b": {"type": "number"}}, ["a", "b"], id="flat"),
        pytest.param({"a": {"type": "string"}, "b": {"type": "object"}}, [], id="nested"),
        pytest.param({f"x{n}": {"type": "number"} for n in range(13)}, [], id="many"),
    ],
)
def test_only_flat_json_has_fields(properties: Schema, names: list[str]) -> None:
    assert [entry["name"] for entry in form_of(api_of(properties, JSON))["fields"]] == names


def test_json_starts_with_a_skeleton() -> None:
    api = api_of({"data": {"type": "object", "properties": {"rows": {"items": [{"type": "number"}]}}}}, JSON)
    assert form_of(api)["skeleton"] == {"data": {"rows": [0]}}
    assert form_of(Api())["skeleton"] is None


def test_a_form_without_properties_is_open() -> None:
    assert form_of(api_of({}))["open"] is True
    assert form_of(api_of({"a": {}}))["open"] is False


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string"}, "", id="string"),
        pytest.param({"type": "integer", "minimum": 3}, 3, id="at-least"),
        pytest.param({"type": "number", "exclusiveMinimum": 0}, 1, id="above"),
        pytest.param({"type": "number", "minimum": -5, "maximum": -2}, -2, id="negative"),
        pytest.param({"type": "number", "minimum": -5}, 0, id="zero-is-within"),
        pytest.param({"type": "boolean"}, False, id="boolean"),
        pytest.param({"type": "null"}, None, id="null"),
        pytest.param({"type": ["null", "string"]}, "", id="or-null"),
        pytest.param({"const": 7}, 7, id="const"),
        pytest.param({"type": "string", "default": "a"}, "a", id="default"),
        pytest.param({"type": "string", "examples": ["b"]}, "b", id="examples"),
        pytest.param({"enum": ["c", "d"]}, "c", id="enum"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "null"}]}, "", id="any-of"),
        pytest.param({"type": "array", "items": {"type": "number"}}, [0], id="array"),
        pytest.param({"type": "array", "items": {"type": "number"}, "minItems": 4}, [0, 0, 0, 0], id="array-of-four"),
        pytest.param({"type": "array", "items": {"type": "number"}, "minItems": 10**9}, [0] * 8, id="array-of-many"),
        pytest.param({"prefixItems": [{"type": "string"}, {"type": "number"}], "items": False}, ["", 0], id="tuple"),
        pytest.param({"type": "array"}, [], id="array-of-anything"),
        pytest.param({"properties": {"a": {"type": "string"}}}, {"a": ""}, id="object-without-type"),
        pytest.param({}, None, id="anything"),
        pytest.param(True, None, id="true"),
    ],
)
def test_skeleton(schema: Any, value: Any) -> None:
    assert skeleton(schema) == value


def test_a_deep_schema_ends() -> None:
    schema: dict[str, Any] = {"type": "object"}
    schema["properties"] = {"again": schema}
    assert "again" in skeleton(schema)


# Examples


def examples(folder: Path, *entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = contents(package_of(folder, settings={"example": list(entries)}))["examples"]
    assert isinstance(found, list)
    return found


def test_an_example_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "seven.jpg").write_bytes(b"\xff\xd8picture")
    monkeypatch.chdir(tmp_path)
    entry = {"form": {"images": "@seven.jpg", "note": "ü"}, "answer": {"mnist_result": 7}}
    [found] = examples(tmp_path / "mnist", entry)
    data = base64.b64encode(b"\xff\xd8picture").decode()
    assert found == {
        "method": "POST",
        "url": "/",
        "query": [],
        "form": [
            {"name": "images", "file": "seven.jpg", "type": "image/jpeg", "data": data, "path": "mnist/seven.jpg"},
            {"name": "note", "text": "ü"},
        ],
        "answer": {"mnist_result": 7},
    }


def test_examples_of_json_and_query(tmp_path: Path) -> None:
    found = examples(
        tmp_path, {"url": "/a", "json": {"n": 2**70}}, {"url": "/b", "method": "get", "query": "x=1&y=%20"}
    )
    assert found == [
        {"method": "POST", "url": "/a", "query": [], "json": f'{{"n":{2**70}}}'},
        {"method": "GET", "url": "/b", "query": [["x", "1"], ["y", " "]]},
    ]


def test_large_examples_stay_out(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(LIMIT_BYTES))
    (tmp_path / "small").write_bytes(b"1")
    found = examples(tmp_path, {"form": {"f": "@large"}}, {"form": {"f": "@small"}})
    assert [part["file"] for example in found for part in example["form"]] == ["small"]


# The page


def page_of(package: Package) -> str:
    return playground.page(package).decode()


def embedded(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="contents">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_carries_its_contents(tmp_path: Path) -> None:
    package = package_of(tmp_path, api_of({"a": {"type": "string"}}), health=Probe(check_method="HTTP", url="/healthz"))
    assert embedded(page_of(package)) == contents(package)
    assert contents(package)["health"] == "/healthz"
    assert contents(package_of(tmp_path))["health"] == "/health"


def test_nothing_of_a_package_becomes_markup(tmp_path: Path) -> None:
    plain, hostile = tmp_path / "plain", tmp_path / HOSTILE.replace("/", "")
    api = api_of({HOSTILE: {"type": "string", "description": HOSTILE, "enum": [HOSTILE]}}, url="/" + HOSTILE)
    package = package_of(hostile, api, algorithm=HOSTILE, settings={"example": [{"json": {"a": HOSTILE}}]})
    page = page_of(package)
    tags = re.compile(r"<[a-z/!][^>]*>?", re.IGNORECASE)
    assert embedded(page)["apis"][0]["fields"][0]["name"] == HOSTILE
    assert HOSTILE not in page
    assert len(tags.findall(page)) == len(tags.findall(page_of(package_of(plain, api_of({})))))


def test_the_policy_allows_this_script_and_this_style_only(tmp_path: Path) -> None:
    page = page_of(package_of(tmp_path))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    directives = dict(part.strip().split(" ", 1) for part in policy[1].split(";"))
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        [source] = re.findall(rf"<{tag}(?: type=\"module\")?>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'"
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == "'self'"


def test_nothing_is_asked_of_others(tmp_path: Path) -> None:
    addresses = set(re.findall(r"\b(?:https?:)?//[a-z0-9][\w.-]*\.\w+[^\s\"']*", page_of(package_of(tmp_path))))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_every_file_has_its_place_in_the_page() -> None:
    assert {path.stem for path in (playground.FOLDER / "scripts").iterdir()} == set(playground.SCRIPTS)
    assert {path.stem for path in (playground.FOLDER / "styles").iterdir()} == set(playground.STYLES)


@pytest.mark.parametrize("name", playground.SCRIPTS)
def test_scripts_write_no_markup(name: str) -> None:
    text = (playground.FOLDER / "scripts" / f"{name}.js").read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "</script"):
        assert way not in text


def test_filling_in_is_done_once() -> None:
    assert playground.fill("{{A}} {{B}}", {"A": "{{B}}", "B": "b"}) == "{{B}} b"
