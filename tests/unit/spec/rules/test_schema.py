"""`data`: what the house dialect takes, and what is understood as meant."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import FORM, found, reading, with_schema

from hitless.spec.keywords import KEYWORDS, OTHER_TYPE_NAMES, REFERENCES, TYPES, Takes

DATA = "$.apis[0].request.data"
PAIR = [{"type": "string"}, {"type": "number"}]
FILE = {"type": "file"}


def of_property(schema: Any) -> dict[str, Any]:
    return with_schema({"type": "object", "properties": {"x": schema}})


GOOD_SCHEMAS: dict[str, dict[str, Any]] = {
    **{f"type {name}": of_property({"type": name}) for name in TYPES},
    "several types": of_property({"type": ["string", "null"]}),
    "no type": of_property({}),
    "items as a schema": of_property({"type": "array", "items": {"type": "number"}}),
    "items as a list of one": of_property({"type": "array", "items": [{"type": "number"}]}),
    "items as a tuple": of_property({"type": "array", "items": PAIR, "minItems": 2, "maxItems": 2}),
    "items as an empty list": of_property({"type": "array", "items": []}),
    "tuple inside of an object": of_property(
        {"type": "array", "items": {"type": "array", "items": PAIR, "minItems": 2, "maxItems": 2}}
    ),
    "empty properties": with_schema({"type": "object", "properties": {}}),
    "required": with_schema({"type": "object", "properties": {"x": {}}, "required": ["x"]}),
    "required without properties": with_schema({"type": "object", "required": ["x"]}),
    "index of a batch mapping": of_property({"type": "number", "index": 0}),
    "a property that is called like a keyword": with_schema({"type": "object", "properties": {"min": {}, "$ref": {}}}),
    "schemas that are true or false": of_property({"type": "array", "items": True, "contains": False}),
    "draft-04 bound": of_property({"minimum": 0, "exclusiveMinimum": True}),
    "file in a form": with_schema(FORM, "multipart/form-data"),
    "two files and a text in a form": with_schema(
        {"type": "object", "properties": {"a": FILE, "b": FILE, "c": {"type": "string"}}}, "multipart/form-data"
    ),
}


@pytest.mark.parametrize("change", GOOD_SCHEMAS.values(), ids=GOOD_SCHEMAS)
def test_what_the_dialect_takes(change: dict[str, Any]) -> None:
    result = reading(strict=True, **change)
    assert result.problems == ()
    assert result.contract is not None
    request = result.contract.apis[0].request
    assert request is not None
    assert request.schema == change["apis"][0]["request"]["data"]


BAD_SCHEMAS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    **{
        f"type {name}": (of_property({"type": name}), "CFG-503", "error", f"{DATA}.properties.x.type")
        for name in OTHER_TYPE_NAMES
    },
    "type in another case": (of_property({"type": "String"}), "CFG-503", "error", f"{DATA}.properties.x.type"),
    "type is a number": (of_property({"type": 5}), "CFG-502", "error", f"{DATA}.properties.x.type"),
    "type is an empty list": (of_property({"type": []}), "CFG-502", "error", f"{DATA}.properties.x.type"),
    "file in JSON": (with_schema(FORM), "CFG-504", "error", f"{DATA}.properties.images.type"),
    "file below the first level": (
        with_schema({"properties": {"x": FILE, "y": {"properties": {"z": FILE}}}}, "multipart/form-data"),
        "CFG-504",
        "error",
        f"{DATA}.properties.y.properties.z.type",
    ),
    "list of files": (
        with_schema({"properties": {"x": FILE, "y": {"type": "array", "items": FILE}}}, "multipart/form-data"),
        "CFG-504",
        "error",
        f"{DATA}.properties.y.items.type",
    ),
    "form that is a list": (with_schema({"type": "array"}, "multipart/form-data"), "CFG-510", "error", f"{DATA}.type"),
    "item": (of_property({"item": {}}), "CFG-203", "warning", f"{DATA}.properties.x.item"),
    "tuple without length": (of_property({"items": PAIR}), "CFG-505", "warning", f"{DATA}.properties.x.items"),
    "tuple with half a length": (
        of_property({"items": PAIR, "minItems": 2}),
        "CFG-505",
        "warning",
        f"{DATA}.properties.x.items",
    ),
    "tuple that is too long": (
        of_property({"items": PAIR, "minItems": 2, "maxItems": 3}),
        "CFG-506",
        "error",
        f"{DATA}.properties.x.items",
    ),
    "required is a flag": (of_property({"required": True}), "CFG-502", "error", f"{DATA}.properties.x.required"),
    "required is a name": (with_schema({"required": "x"}), "CFG-502", "error", f"{DATA}.required"),
    "required names one twice": (with_schema({"required": ["x", "x"]}), "CFG-502", "error", f"{DATA}.required"),
    "required names what is not there": (
        with_schema({"properties": {"image": {}}, "required": ["image", "images"]}),
        "CFG-507",
        "warning",
        f"{DATA}.required[1]",
    ),
    "min": (of_property({"min": 0}), "CFG-508", "warning", f"{DATA}.properties.x.min"),
    "max": (of_property({"max": 9}), "CFG-508", "warning", f"{DATA}.properties.x.max"),
    **{
        name: (of_property({name: "#/definitions/x"}), "CFG-509", "error", f"{DATA}.properties.x['{name}']")
        for name in REFERENCES
    },
    "unknown keyword": (of_property({"desc": "x"}), "CFG-511", "warning", f"{DATA}.properties.x.desc"),
    "properties is a list": (with_schema({"properties": ["x"]}), "CFG-502", "error", f"{DATA}.properties"),
    "a property is a text": (of_property("number"), "CFG-502", "error", f"{DATA}.properties"),
    "items is a text": (of_property({"items": "number"}), "CFG-502", "error", f"{DATA}.properties.x.items"),
    "pattern that does not compile": (
        of_property({"pattern": "("}),
        "CFG-502",
        "error",
        f"{DATA}.properties.x.pattern",
    ),
    "enum without values": (of_property({"enum": []}), "CFG-502", "error", f"{DATA}.properties.x.enum"),
    "negative count": (of_property({"minItems": -1}), "CFG-502", "error", f"{DATA}.properties.x.minItems"),
    "count is a text": (of_property({"minItems": "1"}), "CFG-502", "error", f"{DATA}.properties.x.minItems"),
    "minimum is a text": (of_property({"minimum": "0"}), "CFG-502", "error", f"{DATA}.properties.x.minimum"),
    "minimum is a flag": (of_property({"minimum": True}), "CFG-502", "error", f"{DATA}.properties.x.minimum"),
    "multiple of nothing": (of_property({"multipleOf": 0}), "CFG-502", "error", f"{DATA}.properties.x.multipleOf"),
    "uniqueItems is a text": (
        of_property({"uniqueItems": "yes"}),
        "CFG-502",
        "error",
        f"{DATA}.properties.x.uniqueItems",
    ),
    "anyOf without schemas": (of_property({"anyOf": []}), "CFG-502", "error", f"{DATA}.properties.x.anyOf"),
    "inside of anyOf": (
        of_property({"anyOf": [{"type": "int"}]}),
        "CFG-503",
        "error",
        f"{DATA}.properties.x.anyOf[0].type",
    ),
    "inside of items": (
        of_property({"items": [{"type": "int"}]}),
        "CFG-503",
        "error",
        f"{DATA}.properties.x.items[0].type",
    ),
    "description is a list": (of_property({"description": []}), "CFG-502", "error", f"{DATA}.properties.x.description"),
    "dependentRequired": (
        of_property({"dependentRequired": {"a": "b"}}),
        "CFG-502",
        "error",
        f"{DATA}.properties.x.dependentRequired",
    ),
}


@pytest.mark.parametrize(("change", "problem", "weight", "path"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_what_the_dialect_does_not_take(change: dict[str, Any], problem: str, weight: str, path: str) -> None:
    assert found(reading(**change)) == [(problem, weight, path)]


TYPE_REMEDIES = {"float": "number", "String": "string", "interger": "integer", "dict": "object", "image": "file"}


@pytest.mark.parametrize(("name", "meant"), TYPE_REMEDIES.items())
def test_the_remedy_of_a_wrong_type_is_the_type_that_is_meant(name: str, meant: str) -> None:
    assert [problem.remedy for problem in reading(**of_property({"type": name})).errors] == [f'Write "{meant}".']


def test_item_is_mended_at_every_depth_and_the_rest_is_kept() -> None:
    written = {"type": "array", "item": [{"type": "array", "item": {"type": "number"}, "desc": 1}]}
    result = reading(**of_property(written))
    assert result.contract is not None
    request = result.contract.apis[0].request
    assert request is not None
    assert request.schema == {
        "type": "object",
        "properties": {"x": {"type": "array", "items": [{"type": "array", "items": {"type": "number"}, "desc": 1}]}},
    }


def test_item_beside_items_is_an_unknown_keyword() -> None:
    assert found(reading(**of_property({"items": {}, "item": {}}))) == [
        ("CFG-511", "warning", f"{DATA}.properties.x.item")
    ]


@pytest.mark.parametrize("takes", Takes, ids=lambda takes: takes.name)
def test_every_demand_is_used_by_a_keyword(takes: Takes) -> None:
    assert takes in KEYWORDS.values()
