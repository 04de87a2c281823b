"""The house dialect in standard JSON Schema, keyword by keyword."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest
from tests.unit.spec.samples import CLASSIFICATION_REPLY, FORM

from hitless.spec.dialect import to_json_schema

OCTETS = {"type": "string", "contentMediaType": "application/octet-stream"}
NUMBER, STRING = {"type": "number"}, {"type": "string"}

TRANSLATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "file": ({"type": "file"}, OCTETS),
    "file with a description": ({"type": "file", "description": "x"}, OCTETS | {"description": "x"}),
    "file with its own media type": (
        {"type": "file", "contentMediaType": "image/png"},
        {"type": "string", "contentMediaType": "image/png"},
    ),
    "file or null": (
        {"type": ["file", "null"]},
        {"type": ["string", "null"], "contentMediaType": "application/octet-stream"},
    ),
    "file or text": (
        {"type": ["file", "string"]},
        {"type": ["string"], "contentMediaType": "application/octet-stream"},
    ),
    "form": (FORM, {"type": "object", "properties": {"images": OCTETS}}),
    "items as a schema": ({"type": "array", "items": NUMBER}, {"type": "array", "items": NUMBER}),
    "items as a list of one": ({"type": "array", "items": [NUMBER]}, {"type": "array", "items": NUMBER}),
    "items as an empty list": ({"type": "array", "items": []}, {"type": "array"}),
    "list of one with a length": (
        {"items": [NUMBER], "minItems": 4, "maxItems": 4},
        {"items": NUMBER, "minItems": 4, "maxItems": 4},
    ),
    "tuple": (
        {"type": "array", "minItems": 2, "maxItems": 2, "items": [STRING, NUMBER]},
        {"type": "array", "prefixItems": [STRING, NUMBER], "items": False, "minItems": 2, "maxItems": 2},
    ),
    "tuple without length": (
        {"items": [STRING, NUMBER]},
        {"prefixItems": [STRING, NUMBER], "items": False, "minItems": 2, "maxItems": 2},
    ),
    "item": ({"item": [NUMBER]}, {"items": NUMBER}),
    "item beside items": ({"item": [NUMBER], "items": STRING}, {"item": [NUMBER], "items": STRING}),
    "index, min and max": ({"type": "number", "index": 3, "min": 0, "max": 9}, NUMBER),
    "index as a property": (
        {"properties": {"index": {"type": "integer"}}},
        {"properties": {"index": {"type": "integer"}}},
    ),
    "empty properties": ({"type": "object", "properties": {}}, {"type": "object", "properties": {}}),
    "required": ({"required": ["a"]}, {"required": ["a"]}),
    "draft-04 bound that excludes": (
        {"minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        {"exclusiveMinimum": 0, "maximum": 9},
    ),
    "draft-04 bound without a number": ({"exclusiveMinimum": True}, {}),
    "2020-12 bound": ({"exclusiveMinimum": 0}, {"exclusiveMinimum": 0}),
    "another draft is not asked for": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "$id": "x", "id": "y"},
        {},
    ),
    "standard keywords": (
        {"enum": [1, "a"], "pattern": "^a", "default": {"items": [1]}, "additionalProperties": False},
        {"enum": [1, "a"], "pattern": "^a", "default": {"items": [1]}, "additionalProperties": False},
    ),
    "schemas inside of standard keywords": (
        {"anyOf": [{"items": [NUMBER]}], "not": {"item": {}}, "patternProperties": {"^x": {"type": "file"}}},
        {"anyOf": [{"items": NUMBER}], "not": {"items": {}}, "patternProperties": {"^x": OCTETS}},
    ),
    "schemas that are true or false": ({"items": True, "not": False}, {"items": True, "not": False}),
    "prefixItems of 2020-12": ({"prefixItems": [{"items": [NUMBER]}]}, {"prefixItems": [{"items": NUMBER}]}),
}


@pytest.mark.parametrize(("data", "schema"), TRANSLATIONS.values(), ids=TRANSLATIONS)
def test_translation(data: dict[str, Any], schema: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    assert to_json_schema(data) == schema
    assert data == before, "the input was changed"
    jsonschema_rs.validator_for(to_json_schema(data))


BODIES: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "boxes": ({"items": [{"items": [NUMBER], "minItems": 4, "maxItems": 4}]}, [[1, 2, 3, 4], [0.5, 1, 1, 1]], True),
    "a box of three": ({"items": [{"items": [NUMBER], "minItems": 4, "maxItems": 4}]}, [[1, 2, 3]], False),
    "scores": (CLASSIFICATION_REPLY, {"predicted_label": "rose", "scores": [["rose", 0.99], ["tulip", 0.01]]}, True),
    "score with a third": (CLASSIFICATION_REPLY, {"predicted_label": "rose", "scores": [["rose", 0.99, 1]]}, False),
    "score the other way round": (CLASSIFICATION_REPLY, {"predicted_label": "rose", "scores": [[0.99, "rose"]]}, False),
    "no scores": (CLASSIFICATION_REPLY, {"predicted_label": "rose"}, False),
    "empty properties are anything": ({"type": "object", "properties": {}}, {"a": [1, {"b": None}]}, True),
    "a file is a text": (FORM, {"images": "bytes"}, True),
    "a file is no number": (FORM, {"images": 7}, False),
}


@pytest.mark.parametrize(("data", "body", "valid"), BODIES.values(), ids=BODIES)
def test_what_a_validator_then_says(data: dict[str, Any], body: Any, valid: bool) -> None:
    assert jsonschema_rs.validator_for(to_json_schema(data)).is_valid(body) is valid
