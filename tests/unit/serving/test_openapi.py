"""The OpenAPI document: valid for every kind of contract, and true to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hitless.serving.openapi import document
from hitless.spec import config
from hitless.spec.contract import Contract

JSON, FORM, EVENTS, PROBLEM = "application/json", "multipart/form-data", "text/event-stream", "application/problem+json"

Entry = Mapping[str, Any]


def contract_of(*apis: Entry, **top: Any) -> Contract:
    text = json.dumps({"model_algorithm": "image_classification", "model_type": "Image", "apis": apis, **top})
    reading = config.parse(text)
    assert reading.contract is not None, reading.problems
    return reading.contract


def body(kind: str, properties: Entry, **more: Any) -> Entry:
    return {"Content-type": kind, "data": {"type": "object", "properties": properties, **more}}


def operation(contract: Contract, url: str, method: str) -> dict[str, Any]:
    found = document(contract, title="t")["paths"][url][method]
    assert isinstance(found, dict)
    return found


FILE_FORM = body(FORM, {"images": {"type": "file"}})
TUPLE = {
    "type": "array",
    "items": [{"type": "array", "minItems": 2, "maxItems": 2, "items": [{"type": "string"}, {"type": "number"}]}],
}
BOXES = {"type": "array", "items": [{"type": "array", "minItems": 4, "maxItems": 4, "items": [{"type": "number"}]}]}
PROBE = {"check_method": "HTTP", "url": "/healthz", "period_seconds": "5", "failure_threshold": "3"}

CONTRACTS: Mapping[str, Contract] = {
    "no-apis": contract_of(),
    "bare-api": contract_of({"url": "/", "method": "post"}),
    "object-detection": contract_of(
        {"url": "/", "method": "post", "request": FILE_FORM, "response": body(FORM, {"detection_boxes": BOXES})}
    ),
    "classification": contract_of(
        {"url": "/", "method": "post", "request": FILE_FORM, "response": body(FORM, {"scores": TUPLE})}
    ),
    "predictive-analysis": contract_of(
        {
            "url": "/",
            "method": "post",
            "request": body(
                JSON, {"data": {"type": "object", "properties": {"req_data": {"items": [{"properties": {}}]}}}}
            ),
            "response": body("applicaton/json", {"data": {"type": "object", "properties": {}}}),
        }
    ),
    "several-apis": contract_of(
        {"url": "/", "method": "post"},
        {"url": "/items", "method": "get"},
        {"url": "/items", "method": "post"},
        {"url": "/items/", "method": "post"},
        {"url": "/a-b", "method": "post"},
        {"url": "/a_b", "method": "post"},
        {"url": "/health", "method": "post"},
        {"url": "/health_2", "method": "post"},
        health=PROBE,
        readiness_health={**PROBE, "url": "/ready"},
    ),
    "query": contract_of(
        {"url": "/add", "method": "get", "request": body(JSON, {"a": {"type": "number"}, "b": {}}, required=["a"])}
    ),
    "events": contract_of(
        {"url": "/", "method": "post", "request": body(JSON, {}), "response": body(EVENTS, {"n": {"type": "integer"}})}
    ),
    "picture-out": contract_of({"url": "/", "method": "post", "response": {"Content-type": "image/png"}}),
    "probes": contract_of(health=PROBE, readiness_health={**PROBE, "url": "/ready"}),
    "percent-encoded-url": contract_of({"url": "/caf%C3%A9/x;y=1", "method": "post"}),
    "api-at-metrics": contract_of({"url": "/metrics", "method": "get"}, {"url": "/health", "method": "get"}),
    "draft-04": contract_of(
        {"url": "/", "request": body(JSON, {"x": {"type": "number", "minimum": 0, "exclusiveMinimum": True}})}
    ),
}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS.keys())
def test_valid(contract: Contract) -> None:
    text = json.dumps(document(contract, title="t"))
    OpenAPIV31SpecValidator(json.loads(text)).validate()


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS.keys())
def test_every_api_is_there(contract: Contract) -> None:
    paths = document(contract, title="t")["paths"]
    for api in contract.apis:
        assert paths[api.url][api.method.lower()]["tags"] == ["model"]
    for url in contract.health_urls or ("/health",):
        assert "get" in paths[url]
    assert "get" in paths["/metrics"]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS.keys())
def test_operation_ids_are_unique(contract: Contract) -> None:
    paths = document(contract, title="t")["paths"]
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(names) == len(set(names))


def test_title_and_server() -> None:
    made = document(contract_of(), title="mnist")
    assert made["openapi"] == "3.1.0"
    assert made["info"]["title"] == "mnist"
    assert made["servers"] == [{"url": "/"}]


def test_names_follow_the_methods() -> None:
    paths = document(CONTRACTS["several-apis"], title="t")["paths"]
    assert paths["/"]["post"]["operationId"] == "predict"
    assert paths["/items"]["get"]["operationId"] == "items"
    assert paths["/items"]["post"]["operationId"] == "post_items"
    assert paths["/health"]["post"]["operationId"] == "post_health"
    assert paths["/healthz"]["get"]["operationId"] == "health"
    assert paths["/ready"]["get"]["operationId"] == "health_2"
    assert paths["/health_2"]["post"]["operationId"] == "post_health_2"


def test_a_file_is_octets_in_a_form() -> None:
    request = operation(CONTRACTS["classification"], "/", "post")["requestBody"]
    assert request["required"] is True
    assert list(request["content"]) == [FORM]
    images = request["content"][FORM]["schema"]["properties"]["images"]
    assert images == {"type": "string", "contentMediaType": "application/octet-stream"}


def test_a_response_declared_multipart_is_json() -> None:
    content = operation(CONTRACTS["classification"], "/", "post")["responses"]["200"]["content"]
    assert list(content) == [JSON]


@pytest.mark.parametrize(
    ("scores", "valid"),
    [
        pytest.param([["rose", 0.9], ["tulip", 0.1]], True, id="tuples"),
        pytest.param([["rose"]], False, id="one-short"),
        pytest.param([[0.9, "rose"]], False, id="in-the-wrong-order"),
    ],
)
def test_a_tuple_is_a_tuple(scores: object, valid: bool) -> None:
    content = operation(CONTRACTS["classification"], "/", "post")["responses"]["200"]["content"]
    assert Draft202012Validator(content[JSON]["schema"]).is_valid({"scores": scores}) is valid


def test_a_get_takes_a_query() -> None:
    found = operation(CONTRACTS["query"], "/add", "get")
    assert "requestBody" not in found
    assert found["parameters"] == [
        {"name": "a", "in": "query", "required": True, "schema": {"type": "number"}},
        {"name": "b", "in": "query", "required": False, "schema": {}},
    ]


def test_an_event_stream_says_what_an_event_holds() -> None:
    content = operation(CONTRACTS["events"], "/", "post")["responses"]["200"]["content"]
    data = content[EVENTS]["x-itemSchema"]["properties"]["data"]
    assert "schema" not in content[EVENTS]
    assert data["contentSchema"]["properties"] == {"n": {"type": "integer"}}


def test_an_api_without_a_request_takes_any_body() -> None:
    assert operation(CONTRACTS["bare-api"], "/", "post")["requestBody"] == {"required": False, "content": {JSON: {}}}


@pytest.mark.parametrize("status", [400, 408, 413, 414, 415, 422, 431, 500, 503, 504])
def test_errors_are_problem_details(status: int) -> None:
    made = document(CONTRACTS["bare-api"], title="t")
    reference = made["paths"]["/"]["post"]["responses"][str(status)]["$ref"]
    response = made["components"]["responses"][reference.rpartition("/")[2]]
    assert response["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert "X-Request-Id" in response["headers"]
    assert ("Retry-After" in response["headers"]) is (status == 503)


@pytest.mark.parametrize(
    ("problem", "valid"),
    [
        pytest.param({"errors": [{"field": "a", "detail": "d"}]}, True, id="with-fields"),
        pytest.param({}, True, id="without-fields"),
        pytest.param({"status": "422"}, False, id="status-as-text"),
        pytest.param({"errors": [{"field": "a"}]}, False, id="field-without-detail"),
    ],
)
def test_the_problem_schema(problem: Entry, valid: bool) -> None:
    whole = {"type": "about:blank", "title": "t", "status": 422, "detail": "d", "request_id": "1", **problem}
    schema = document(contract_of(), title="t")["components"]["schemas"]["Problem"]
    assert Draft202012Validator(schema).is_valid(whole) is valid


def test_health_is_200_or_503_with_the_phase() -> None:
    paths = document(CONTRACTS["probes"], title="t")["paths"]
    assert "/health" not in paths
    for url in ("/healthz", "/ready"):
        responses = paths[url]["get"]["responses"]
        for status, word in (("200", "true"), ("503", "false")):
            assert responses[status]["content"][JSON]["schema"]["properties"]["health"] == {"const": word}
            assert "ready" in responses[status]["headers"]["X-Hitless-Phase"]["schema"]["enum"]
