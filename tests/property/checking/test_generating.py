"""Requests made from schemas conform to them, for the published samples and for any schema of the house dialect."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import multipart
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.property.spec.test_dialect import lists

from hitless.checking.probes.generating import cases, first_case, target
from hitless.checking.probes.golden import golden_request, package_goldens
from hitless.checking.probes.malformed import Malformed, enlarged, malformed
from hitless.checking.probes.pictures import small_file
from hitless.checking.probes.request import Request
from hitless.checking.probes.values import conforming
from hitless.errors import InputError
from hitless.spec.contract import JSON, MULTIPART, Api, Contract, Payload
from hitless.spec.dialect import to_json_schema

BOX = {"type": "array", "minItems": 4, "maxItems": 4, "items": [{"type": "number"}]}
SCORES = {"type": "array", "items": [{"type": "array", "items": [{"type": "string"}, {"type": "number"}]}]}
ROWS = {
    "type": "object",
    "properties": {"req_data": {"type": "array", "items": [{"type": "object", "properties": {}}]}},
}
SAMPLES: dict[str, dict[str, Any]] = {
    "nothing said": {},
    "an empty object": {"type": "object", "properties": {}},
    "boxes": {"type": "object", "properties": {"boxes": {"type": "array", "items": [BOX]}}, "required": ["boxes"]},
    "scores": {"type": "object", "properties": {"scores": SCORES}, "required": ["scores"]},
    "rows": {"type": "object", "properties": {"data": ROWS}, "required": ["data"]},
    "bounds": {"type": "object", "properties": {"x": {"type": "number", "minimum": 2, "exclusiveMinimum": True}}},
    "steps": {"type": "integer", "minimum": 7, "maximum": 9, "multipleOf": 4},
    "a small range": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "alternatives": {"anyOf": [{"type": "integer", "minimum": 5}, {"type": "string", "maxLength": 2}]},
    "all of": {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"enum": [1, 2]}}}]},
    "a pattern with an example": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$", "example": "ABC-7"},
    "a format": {"type": "string", "format": "date-time"},
    "a long text": {"type": "string", "minLength": 300},
    "types": {"type": ["null", "integer"]},
    "different elements": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True},
}
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "number", "integer", "boolean", "null"])}),
    st.integers(-50, 50).flatmap(
        lambda low: st.integers(low, low + 40).map(lambda high: {"type": "integer", "minimum": low, "maximum": high})
    ),
    st.integers(0, 5).map(lambda least: {"type": "string", "minLength": least, "maxLength": least + 3}),
    st.lists(st.sampled_from(["x", 1, None, True]), min_size=1, max_size=3).map(lambda choices: {"enum": choices}),
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(st.sampled_from(["a", "b", "items", "type"]), inner, min_size=1, max_size=3)
    return properties.map(lambda named: {"type": "object", "properties": named, "required": sorted(named)[:1]})


SCHEMAS = st.recursive(LEAVES, lambda inner: objects(inner) | lists(inner), max_leaves=8)


def contract(payload: Payload, method: str = "POST") -> Contract:
    return Contract("x", "Image", apis=(Api("/", method, request=payload),))


@pytest.mark.parametrize("name", SAMPLES)
def test_published_and_difficult_schemas(name: str) -> None:
    schema = to_json_schema(SAMPLES[name])
    values = list(itertools.islice(conforming(schema, "0"), 5))
    assert len(values) == 5
    assert all(jsonschema_rs.is_valid(schema, value) for value in values)
    assert values == list(itertools.islice(conforming(schema, "0"), 5))


@given(schema=SCHEMAS)
def test_any_schema_of_the_dialect(schema: Mapping[str, Any]) -> None:
    standard = to_json_schema(schema)
    made = cases(contract(Payload(JSON, schema)), 0, count=3)
    for request in made:
        jsonschema_rs.validate(standard, json.loads(request.body))
    assert made == cases(contract(Payload(JSON, schema)), 0, count=3)
    if made:
        api = Api("/", "POST", request=Payload(JSON, schema))
        for one in malformed(api, target(contract(Payload(JSON, schema)), 0), made[0], "0"):
            assert not (one.is_wrong and is_valid(standard, one)), one.name


def is_valid(schema: Mapping[str, Any], one: Malformed) -> bool:
    try:
        return one.request.body != b"" and jsonschema_rs.is_valid(dict(schema), json.loads(one.request.body))
    except ValueError:
        return False


def test_what_admits_nothing_gives_nothing() -> None:
    never = Payload(JSON, {"type": "string", "pattern": "^[0-9]{40}$"})
    assert cases(contract(never), 0) == []
    assert first_case(contract(never)) is None


def parts(request: Request) -> dict[str, multipart.MultipartPart]:
    boundary = dict(request.headers)["Content-Type"].partition("boundary=")[2]
    return {part.name: part for part in multipart.MultipartParser(io.BytesIO(request.body), boundary)}


FORM = {
    "type": "object",
    "properties": {
        "images": {"type": "file"},
        "table": {"type": "file", "description": "a CSV file"},
        "count": {"type": "integer", "minimum": 3},
        "words": {"type": "array", "items": [{"type": "string"}]},
    },
    "required": ["images", "count"],
}


def test_forms_hold_pictures_that_open() -> None:
    made = cases(contract(Payload(MULTIPART, FORM)), 0, count=6)
    assert len(made) == 6
    kinds = []
    for request in made:
        fields = parts(request)
        with Image.open(io.BytesIO(fields["images"].raw)) as picture:
            picture.load()
            assert picture.size == (28, 28)
            kinds.append(picture.format)
        assert int(fields["count"].value) >= 3
        for part in fields.values():
            part.close()
    assert set(kinds) == {"JPEG", "PNG"}


@pytest.mark.parametrize("size", [100_000, 12 << 20])
def test_a_large_form_is_still_a_picture(size: int) -> None:
    there = contract(Payload(MULTIPART, FORM))
    good = cases(there, 0, count=1)[0]
    large = enlarged(there.apis[0], target(there, 0), good, size, "0")
    assert large is not None
    assert abs(len(large.body) - size) <= 12
    body = large.body[large.body.index(b"\x89PNG") :]
    with Image.open(io.BytesIO(body)) as picture:
        picture.load()
        assert picture.size == (28, 28)


def test_a_large_json_is_the_same() -> None:
    there = contract(Payload(JSON, {"type": "object", "properties": {"a": {"type": "string"}}}))
    good = cases(there, 0, count=1)[0]
    large = enlarged(there.apis[0], target(there, 0), good, 1 << 20, "0")
    assert large is not None
    assert len(large.body) == 1 << 20
    assert json.loads(large.body) == json.loads(good.body)


def test_a_query_has_the_values() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    request = cases(contract(Payload(JSON, schema), "GET"), 0, count=1)[0]
    assert request.path == "/?a=1"
    assert request.body == b""
    assert "'http://{address}/?a=1'" in request.curl


@pytest.mark.parametrize("hint", ["images", "a CSV file", "audio", "text"])
def test_files_are_the_same_for_the_same_seed(hint: str) -> None:
    assert [small_file(hint, n, "s") for n in range(5)] == [small_file(hint, n, "s") for n in range(5)]


# What users give


def test_a_given_request_is_sent_as_it_is() -> None:
    there = contract(Payload(JSON, {}))
    made = golden_request(there, "/?a=1", JSON, b"{}", "7")
    assert (made.method, made.path, made.api, made.expected) == ("POST", "/?a=1", 0, "7")


@pytest.mark.parametrize(("path", "expected", "id_"), [("/none", None, "CHK-40"), ("/", "{", "CHK-41")])
def test_what_cannot_be_meant(path: str, expected: str | None, id_: str) -> None:
    with pytest.raises(InputError) as raised:
        golden_request(contract(Payload(JSON, {})), path, JSON, b"{}", expected)
    assert [problem.id for problem in raised.value.problems] == [id_]


def test_examples_of_a_package() -> None:
    there = contract(Payload(MULTIPART, FORM))
    text = b'[[example]]\nform = { images = "@a.png", count = 3 }\nanswer = { x = 1 }\n[[example]]\nurl = "/none"\n'
    [made] = package_goldens(text, lambda name: {"a.png": b"PNG"}.get(name), there)
    assert made.expected == '{"x": 1}'
    fields = parts(made)
    assert (fields["images"].raw, fields["images"].filename, fields["count"].value) == (b"PNG", "a.png", "3")
    for part in fields.values():
        part.close()
    assert package_goldens(text, lambda _: None, there) == ()
    assert package_goldens(b"\xff", lambda _: None, there) == ()
