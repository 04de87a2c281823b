"""The platform's derived view of an api."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.spec.samples import FORM, OBJECT_DETECTION

from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.params import Param, input_params, output_params, param_type


def test_derived_view_of_object_detection() -> None:
    api = OBJECT_DETECTION["apis"][0]
    reply = api["response"]["data"]
    contract = Contract(
        "a",
        "Image",
        apis=(Api("/", "POST", "http", Payload("multipart/form-data", FORM), Payload(schema=reply)),),
    )
    assert input_params(contract) == (Param("/", "post", "http", "images", "file"),)
    assert [(param.name, param.type) for param in output_params(contract)] == [
        ("detection_classes", "array"),
        ("detection_boxes", "array"),
        ("detection_scores", "array"),
    ]
    nested = output_params(contract)[1].desc
    assert nested is not None
    assert json.loads(nested) == reply["properties"]["detection_boxes"]


def test_derived_view_in_the_words_of_the_api() -> None:
    schema = {"properties": {"x": {"type": "number", "min": 0, "maximum": 9}, "y": True}}
    contract = Contract("a", "Image", protocol="https", apis=(Api("/x", "GET", None, Payload(schema=schema)),))
    assert [param.to_json() for param in input_params(contract)] == [
        {
            "url": "/x",
            "method": "get",
            "protocol": "https",
            "param_name": "x",
            "param_type": "number",
            "min": 0,
            "max": 9,
        },
        {
            "url": "/x",
            "method": "get",
            "protocol": "https",
            "param_name": "y",
            "param_type": "object",
            "param_desc": "{}",
        },
    ]
    assert output_params(contract) == ()


@pytest.mark.parametrize("schema", [None, {}, {"type": "array"}, {"properties": {}}], ids=str)
def test_no_properties_no_parameters(schema: Any) -> None:
    assert input_params(Contract("a", "Image", apis=(Api(request=Payload(schema=schema)),))) == ()


TYPES: list[tuple[dict[str, Any], str]] = [
    ({"type": "integer"}, "integer"),
    ({"type": ["null", "string"]}, "string"),
    ({"items": {}}, "array"),
    ({"enum": ["a"]}, "string"),
    ({}, "object"),
]


@pytest.mark.parametrize(("schema", "name"), TYPES, ids=[name for _, name in TYPES])
def test_param_type(schema: dict[str, Any], name: str) -> None:
    assert param_type(schema) == name
