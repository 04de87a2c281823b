"""`request` and `response`: the media type as meant, and where the schema stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.spec.samples import FORM, found, reading, with_api

from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART, Payload

OBJECT = {"type": "object", "properties": {"x": {"type": "number"}}}
NESTED = {"type": "object", "properties": {"data": {"type": "object", "properties": {}}}}
TEXTS = {"type": "object", "properties": {"name": {"type": "string"}}}
PLACE = "$.apis[0].{}['Content-type']"

REQUESTS: dict[str, tuple[Any, Any, str | None, str | None]] = {
    "absent": (..., None, JSON, None),
    "JSON": ("application/json", OBJECT, JSON, None),
    "form": ("multipart/form-data", FORM, MULTIPART, None),
    "form of texts": ("multipart/form-data", TEXTS, MULTIPART, None),
    "form without a schema": ("multipart/form-data", None, MULTIPART, None),
    "form with a file and an object": (
        "multipart/form-data",
        {"type": "object", "properties": FORM["properties"] | NESTED["properties"]},  # type: ignore[operator]
        MULTIPART,
        None,
    ),
    "form of objects": ("multipart/form-data", NESTED, JSON, "CFG-410"),
    "misspelt": ("applicaton/json", OBJECT, JSON, "CFG-407"),
    "upper case": ("Application/JSON", OBJECT, JSON, "CFG-407"),
    "with parameters": ("application/json; charset=utf-8", OBJECT, JSON, "CFG-407"),
    "form-data without its hyphen": ("multipart/formdata", FORM, MULTIPART, "CFG-407"),
    "octets": ("application/octet-stream", None, "application/octet-stream", "CFG-408"),
    "urlencoded": ("application/x-www-form-urlencoded", TEXTS, "application/x-www-form-urlencoded", "CFG-408"),
    "event stream": ("text/event-stream", None, EVENT_STREAM, "CFG-408"),
    "no media type": ("form", FORM, None, "CFG-412"),
    "empty": ("", OBJECT, None, "CFG-412"),
    "no text": (7, OBJECT, None, "CFG-201"),
}


@pytest.mark.parametrize(("written", "schema", "meant", "problem"), REQUESTS.values(), ids=REQUESTS)
def test_content_type_of_a_request(written: Any, schema: Any, meant: str | None, problem: str | None) -> None:
    request = {} if written is ... else {"Content-type": written}
    result = reading(**with_api(request=request | ({} if schema is None else {"data": schema})))
    places = [(found_id, path) for found_id, _, path in found(result) if found_id != "CFG-504"]
    assert places == ([] if problem is None else [(problem, PLACE.format("request"))])
    payload = result.contract.apis[0].request if result.contract is not None else None
    assert payload == (None if meant is None else Payload(meant, schema))


RESPONSES: dict[str, tuple[str, Any, str, str | None]] = {
    "JSON": ("application/json", OBJECT, JSON, None),
    "events": ("text/event-stream", None, EVENT_STREAM, None),
    "form without a file": ("multipart/form-data", OBJECT, JSON, "CFG-409"),
    "form without a schema": ("multipart/form-data", None, JSON, "CFG-409"),
    "form with a file": ("multipart/form-data", FORM, MULTIPART, None),
    "picture": ("image/png", None, "image/png", "CFG-408"),
}


@pytest.mark.parametrize(("written", "schema", "meant", "problem"), RESPONSES.values(), ids=RESPONSES)
def test_content_type_of_a_response(written: str, schema: Any, meant: str, problem: str | None) -> None:
    response = {"Content-type": written} | ({} if schema is None else {"data": schema})
    result = reading(**with_api(response=response))
    assert found(result) == ([] if problem is None else [(problem, "warning", PLACE.format("response"))])
    assert result.contract is not None
    assert result.contract.apis[0].response == Payload(meant, schema)


KEYS = ["Content-Type", "content-type", "ContentType", "content_type", "Content-type "]


@pytest.mark.parametrize("key", KEYS)
def test_the_key_in_another_spelling_is_read_as_meant(key: str) -> None:
    result = reading(**with_api(request={key: "multipart/form-data", "data": FORM}))
    assert [(found_id, weight) for found_id, weight, _ in found(result)] == [("CFG-203", "warning")]
    assert result.contract is not None
    assert result.contract.apis[0].request == Payload(MULTIPART, FORM)


def test_data_as_a_text_with_json_inside() -> None:
    result = reading(**with_api(request={"data": json.dumps(OBJECT)}), strict=True)
    assert result.problems == ()
    assert result.contract is not None
    assert result.contract.apis[0].request == Payload(JSON, OBJECT)


DATA: dict[str, tuple[Any, str, str]] = {
    "text without JSON": ("{type: object}", "CFG-501", "$.apis[0].request.data"),
    "empty text": ("", "CFG-501", "$.apis[0].request.data"),
    "text with a list": ("[]", "CFG-501", "$.apis[0].request.data"),
    "list": ([], "CFG-201", "$.apis[0].request.data"),
    "number": (7, "CFG-201", "$.apis[0].request.data"),
    "problem inside of a text": ('{"type": "float"}', "CFG-503", "$.apis[0].request.data.type"),
    "text of deep brackets": ("[" * 1000, "CFG-501", "$.apis[0].request.data"),
}


@pytest.mark.parametrize(("data", "problem", "path"), DATA.values(), ids=DATA)
def test_data_that_is_no_schema(data: Any, problem: str, path: str) -> None:
    assert found(reading(**with_api(request={"data": data}))) == [(problem, "error", path)]


WITHOUT_DATA: dict[str, tuple[dict[str, Any], Any, dict[str, Any], list[str]]] = {
    "object": (OBJECT, OBJECT, {}, ["CFG-411"]),
    "list": ({"type": "array", "items": {}}, {"type": "array", "items": {}}, {}, ["CFG-411"]),
    "with a Content-type": ({"Content-type": "application/json"} | OBJECT, OBJECT, {}, ["CFG-411"]),
    "beside data": ({"data": OBJECT, "type": "object"}, OBJECT, {"type": "object"}, ["CFG-202"]),
    "a type alone": ({"type": "object"}, None, {"type": "object"}, ["CFG-202"]),
    "nothing": ({}, None, {}, []),
}


@pytest.mark.parametrize(("request_", "schema", "extra", "problems"), WITHOUT_DATA.values(), ids=WITHOUT_DATA)
def test_a_schema_directly_in_the_request(
    request_: dict[str, Any], schema: Any, extra: dict[str, Any], problems: list[str]
) -> None:
    result = reading(**with_api(request=request_))
    assert [found_id for found_id, _, _ in found(result)] == problems
    assert result.contract is not None
    assert result.contract.apis[0].request == Payload(JSON, schema, extra)


@pytest.mark.parametrize(
    ("model_type", "problems"),
    [("XGBoost", ["CFG-413"]), ("Scikit_Learn", ["CFG-413"]), ("Spark_MLlib", ["CFG-413"]), ("MXNet", [])],
)
def test_classical_engines_take_json_only(model_type: str, problems: list[str]) -> None:
    request = {"Content-type": "multipart/form-data", "data": FORM}
    result = reading("intl-2023", model_type=model_type, **with_api(request=request))
    assert [problem.id for problem in result.errors] == problems
