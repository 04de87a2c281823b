"""The translation against a naive evaluator of the house dialect, judged by two independent validators."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import jsonschema_rs
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.unit.spec.samples import found, laid, with_schema

from hitless.spec.config import parse
from hitless.spec.dialect import to_json_schema

NAMES = ["a", "b", "index", "items", "min", "type"]  # some are keywords too, to catch a translation of names


def accepts(schema: Any, value: Any) -> bool:
    """The house dialect, evaluated word by word as the pages describe it. Knows nothing of JSON Schema's drafts."""
    if "type" in schema and not has_type(schema["type"], value):
        return False
    if "enum" in schema and not any(type(choice) is type(value) and choice == value for choice in schema["enum"]):
        return False
    if isinstance(value, list):
        return accepts_list(schema, value)
    if isinstance(value, dict):
        return all(name in value for name in schema.get("required", [])) and all(
            accepts(schema.get("properties", {}).get(name, {}), part) for name, part in value.items()
        )
    return True


def has_type(name: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "file": isinstance(value, str),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "number": number,
        "integer": number and float(value).is_integer(),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }[name]


def accepts_list(schema: Any, value: list[Any]) -> bool:
    items = schema.get("items", schema.get("item", {}))
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    if isinstance(items, list) and len(items) > 1:
        return len(value) == len(items) and all(map(accepts, items, value))
    every = items[0] if isinstance(items, list) and items else {} if isinstance(items, list) else items
    return all(accepts(every, element) for element in value)


ENUM = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2, unique=True)
LEAVES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean"]),
        "index": st.integers(-1, 9),
        "min": st.integers(0, 9),
        "max": st.integers(0, 9),
        "description": st.just("d"),
    },
) | ENUM.map(lambda choices: {"enum": choices})


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    key = draw(st.sampled_from(["items", "item"]))
    schema: dict[str, Any] = draw(st.sampled_from([{}, {"type": "array"}]))
    form = draw(st.sampled_from(["none", "schema", "one", "tuple", "open tuple", "empty"]))
    if form in ("schema", "one", "empty"):
        items = draw(inner)
        low = draw(st.none() | st.integers(0, 2))
        high = draw(st.none() | st.integers(2, 3))
        schema = schema | {key: {"schema": items, "one": [items], "empty": []}[form]}
        return schema | ({} if low is None else {"minItems": low}) | ({} if high is None else {"maxItems": high})
    if form == "none":
        return schema
    parts = draw(st.lists(inner, min_size=2, max_size=3))
    lengths = {"minItems": len(parts), "maxItems": len(parts)} if form == "tuple" else {}
    return schema | {key: parts} | lengths


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = draw(st.sampled_from([{}, {"type": "object"}]))
    properties = draw(st.none() | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3))
    required = draw(st.none() | st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
    return (
        schema
        | ({} if properties is None else {"properties": properties})
        | ({} if required is None else {"required": required})
    )


SCHEMAS = st.recursive(LEAVES, lambda inner: lists(inner) | objects(inner), max_leaves=8)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.just({"type": "file"}) | LEAVES, max_size=3).map(
    lambda fields: {"type": "object", "properties": fields}
)
SCALARS = st.sampled_from(["x", "y", "", 0, 1, 1.0, -1.5, True, False, None])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def values_near(draw: st.DrawFn, schema: Any) -> Any:
    """A value that the schema probably accepts: else nearly every case would be a refusal."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    kind = schema.get("type")
    if kind == "array" or "items" in schema or "item" in schema:
        items = schema.get("items", schema.get("item", {}))
        if isinstance(items, list) and len(items) > 1:
            return [draw(values_near(part)) for part in items]
        every = (items or [{}])[0] if isinstance(items, list) else items
        low = schema.get("minItems", 0)
        count = draw(st.integers(low, max(low, schema.get("maxItems", 2))))
        return [draw(values_near(every)) for _ in range(count)]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        names = {*schema.get("required", []), *draw(st.sets(st.sampled_from(NAMES), max_size=2))}
        return {name: draw(values_near(properties.get(name, {}))) for name in sorted(names)}
    simple: dict[str, list[Any]] = {
        "string": ["x"],
        "file": ["x"],
        "number": [1, -1.5],
        "integer": [3, 1.0],
        "boolean": [True],
    }
    return draw(st.sampled_from(simple[kind])) if kind in simple else draw(VALUES)


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_both_validators_accept_what_the_dialect_accepts(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS | FORMS, label="schema")
    value = data.draw(values_near(schema), label="value")
    before = copy.deepcopy(schema)
    standard = to_json_schema(schema)
    expected = accepts(schema, value)
    event("accepted" if expected else "refused")
    assert jsonschema_rs.Draft202012Validator(standard).is_valid(value) is expected
    assert jsonschema.Draft202012Validator(standard).is_valid(value) is expected
    assert schema == before


@given(SCHEMAS | FORMS)
@settings(max_examples=300, deadline=None)
def test_the_translation_is_a_schema_of_the_draft_and_translating_it_again_changes_nothing(schema: Any) -> None:
    standard = to_json_schema(schema)
    jsonschema.Draft202012Validator.check_schema(standard)
    assert to_json_schema(standard) == standard


@given(SCHEMAS)
@settings(max_examples=200, deadline=None)
def test_what_the_reader_accepts_any_validator_accepts_as_a_schema(schema: Any) -> None:
    result = parse(laid(**with_schema(schema)))
    assert result.contract is not None, found(result)
    request = result.contract.apis[0].request
    assert request is not None
    assert request.schema is not None
    jsonschema_rs.Draft202012Validator(to_json_schema(request.schema))
