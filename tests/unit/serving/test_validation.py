"""The contract's schema: JSON, forms and queries that keep it or break it; every wrong field is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hitless.serving.multipart import Part
from hitless.serving.request import Rejected
from hitless.serving.validation import Validator, as_type

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "minimum": 0},
        "score": {"type": "number"},
        "fast": {"type": "boolean"},
        "tags": {"type": "array", "items": [{"type": "string"}]},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "boxes": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}}},
        "more": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "image": {"type": "file"},
        "images": {"type": "array", "items": [{"type": "file"}]},
        "free": {},
        "either": {"type": ["string", "null"]},
    },
}
UPLOAD: Mapping[str, Any] = {"type": "object", "properties": {"images": {"type": "file"}}, "required": ["images"]}
VALIDATOR = Validator(SCHEMA)


def text(name: str, *values: str) -> Mapping[str, Sequence[Part]]:
    return {"name": [Part("name", b"ok", None, None)], name: [Part(name, v.encode(), None, None) for v in values]}


def files(name: str, count: int) -> Mapping[str, Sequence[Part]]:
    return {"name": [Part("name", b"ok", None, None)], name: [Part(name, b"\xff\xd8", "a.jpg", "image/jpeg")] * count}


def wrong(check: Any, value: Any) -> list[str]:
    """The fields that are wrong."""
    try:
        check(value)
    except Rejected as raised:
        rejection = raised
    else:
        return []
    assert rejection.status == 422
    assert rejection.detail.startswith("The body breaks the contract: ")
    assert rejection.errors
    return [field for field, _ in rejection.errors]


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        pytest.param({"name": "ok"}, [], id="good"),
        pytest.param({"name": "ok", "unknown": 1}, [], id="unknown-fields-are-not-forbidden"),
        pytest.param({"name": "ok", "tags": ["a"], "sizes": [1], "either": None}, [], id="arrays-and-null"),
        pytest.param({"name": "x"}, ["name"], id="too-short"),
        pytest.param({"name": 5}, ["name"], id="wrong-type"),
        pytest.param({"name": "ok", "age": -1}, ["age"], id="out-of-range"),
        pytest.param({"name": "ok", "age": 1.5, "fast": "yes"}, ["age", "fast"], id="two-at-once"),
        pytest.param({"name": "ok", "sizes": [1, "a", 2, "b"]}, ["sizes/1", "sizes/3"], id="elements"),
        pytest.param({"name": "ok", "more": {"a": "x"}}, ["more/a"], id="nested"),
        pytest.param({"name": "ok", "boxes": [{"x": 1}, {"x": "a"}]}, ["boxes/1/x"], id="nested-in-an-array"),
        pytest.param({}, ["name"], id="missing"),
        pytest.param([], ["(body)"], id="no-object"),
        pytest.param(None, ["(body)"], id="null"),
    ],
)
def test_check(value: Any, fields: list[str]) -> None:
    assert wrong(VALIDATOR.check, value) == fields


def test_a_missing_or_surplus_field_is_named() -> None:
    schema = {"properties": {"more": {"type": "object", "required": ["a", "b"], "additionalProperties": False,
                                      "properties": {"a": {}, "b": {}}}}}  # fmt: skip
    assert wrong(Validator(schema).check, {"more": {}}) == ["more/a", "more/b"]
    assert wrong(Validator(schema).check, {"more": {"a": 1, "b": 2, "c": 3}}) == ["more/c"]


def test_the_detail_says_what_is_wrong_and_stays_short() -> None:
    with pytest.raises(Rejected) as caught:
        VALIDATOR.check({"name": "ok", "sizes": ["x" * 10_000] * 1000})
    assert len(caught.value.errors) == 20
    assert all(len(detail) <= 300 for _, detail in caught.value.errors)
    assert "sizes/0: " in caught.value.detail
    assert len(caught.value.detail) < 1500


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(text("age", "5"), [], id="integer"),
        pytest.param(text("age", "five"), ["age"], id="no-integer"),
        pytest.param(text("age", "5.5"), ["age"], id="fraction"),
        pytest.param(text("score", "1e3"), [], id="number"),
        pytest.param(text("fast", "true"), [], id="boolean"),
        pytest.param(text("fast", "yes"), ["fast"], id="no-boolean"),
        pytest.param(text("more", '{"a": 1}'), [], id="object"),
        pytest.param(text("more", '{"a": "x"}'), ["more/a"], id="wrong-object"),
        pytest.param(text("more", "{"), ["more"], id="broken-object"),
        pytest.param(text("free", "{"), [], id="nothing-is-demanded"),
        pytest.param(text("unknown", "x"), [], id="unknown-field"),
        pytest.param(text("tags", "a"), [], id="one-of-an-array"),
        pytest.param(text("tags", "a", "b"), [], id="two-of-an-array"),
        pytest.param(text("tags", '["a", "b"]'), [], id="array-as-json"),
        pytest.param(text("tags", "[1]"), ["tags/0"], id="wrong-array-as-json"),
        pytest.param(text("tags", "1"), [], id="digits-are-text-where-text-is-wanted"),
        pytest.param(text("sizes", "1", "2"), [], id="repeated-numbers"),
        pytest.param(text("sizes", "1", "b"), ["sizes/1"], id="repeated-and-one-wrong"),
        pytest.param(text("boxes", '{"x": 1}', '{"x": "a"}'), ["boxes/1/x"], id="repeated-objects"),
        pytest.param(files("image", 1), [], id="file"),
        pytest.param(text("image", "x"), ["image"], id="text-for-a-file"),
        pytest.param(files("images", 1), [], id="one-of-several-files"),
        pytest.param(files("images", 3), [], id="several-files"),
        pytest.param(files("age", 1), ["age"], id="file-for-a-number"),
        pytest.param({}, ["name"], id="empty-form"),
        pytest.param({"name": [Part("name", b"\xff\xfe", None, None)]}, [], id="not-utf-8-is-for-the-conversion"),
    ],
)
def test_check_form(fields: Mapping[str, Sequence[Part]], expected: list[str]) -> None:
    assert wrong(VALIDATOR.check_form, fields) == expected


def test_a_type_with_alternatives_may_be_text() -> None:
    assert wrong(VALIDATOR.check_form, text("either", "5")) == []
    assert wrong(VALIDATOR.check_form, text("either", "null")) == []


def test_text_for_one_of_several_files() -> None:
    assert wrong(VALIDATOR.check_form, text("images", "x", "y")) == ["images"]


def test_how_to_send_a_file_is_said() -> None:
    with pytest.raises(Rejected, match=r"image: is to be a file \(with curl: -F name=@path\)"):
        VALIDATOR.check_form(text("image", "x"))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        pytest.param("5", None, "5", id="no-type"),
        pytest.param("5", "string", "5", id="string"),
        pytest.param("5", "file", "5", id="file"),
        pytest.param("5", "integer", 5, id="integer"),
        pytest.param("x", "integer", "x", id="no-integer"),
        pytest.param("null", "null", None, id="null"),
        pytest.param("[" * 100_000, "array", "[" * 100_000, id="deep"),
    ],
)
def test_as_type(value: str, kind: Any, expected: Any) -> None:
    assert as_type(value, kind) == expected


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "nonsense"}, id="type"),
        pytest.param({"properties": {"a": {"minimum": "x"}}}, id="keyword"),
        pytest.param({"pattern": "["}, id="pattern"),
        pytest.param({"$ref": "#/nowhere"}, id="reference"),
        pytest.param({**UPLOAD, "required": ["images", "images"]}, id="upload-with-a-repeated-name"),
        pytest.param({**UPLOAD, "required": "images"}, id="upload-with-a-bare-name"),
    ],
)
def test_a_schema_that_is_none(schema: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError):
        Validator(schema)


def test_deep_values_are_judged() -> None:
    value: Any = 1
    for _ in range(400):
        value = [value]
    assert wrong(VALIDATOR.check, {"name": "ok", "free": value}) == []


def test_a_file_is_no_json_array_whatever_it_begins_with() -> None:
    assert wrong(VALIDATOR.check_form, {**text("age", "1"), "images": [Part("images", b"[1]", "a.json", None)]}) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"images": [Part("images", b"\xff\xd8", "a.jpg", "image/jpeg")]}, [], id="good"),
        pytest.param({}, ["images"], id="missing"),
        pytest.param({"images": [Part("images", b"7", None, None)]}, ["images"], id="text"),
    ],
)
def test_an_upload_whose_schema_is_compiled_late(fields: Any, expected: list[str]) -> None:
    validator = Validator(UPLOAD)
    for _ in range(2):
        assert wrong(validator.check_form, fields) == expected
