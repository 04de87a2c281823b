"""The contract as an OpenAPI 3.1 document. Pure; says what the server answers, no more and no less than it keeps.

Rules: what the contract does not say is left open. A GET has no body: the properties of its request are its query.
Every error is problem details (RFC 9457). A schema is translated once, by the dialect, and stands where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hitless.serving.health import urls_of
from hitless.serving.lifecycle import Phase
from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART, PROBE_KEYS, WITHOUT_BODY, Api, Contract, Payload
from hitless.spec.dialect import to_json_schema

PROBLEM = "application/problem+json"
HEALTH_NAMES = ("health", *(f"health_{number}" for number in range(2, len(PROBE_KEYS) + 1)))

# What may come back beside the answer itself, and when.
ANY_REQUEST: Mapping[int, str] = {
    400: "The request, its form or its JSON cannot be read.",
    408: "The request did not arrive in time.",
    413: "The body is larger than the server takes.",
    414: "The request line is too long.",
    431: "There are too many headers, or they are too long.",
    500: "The model, or the server, failed; the log says why.",
}
MODEL_REQUEST: Mapping[int, str] = {
    **ANY_REQUEST,
    415: "The body has another media type than the contract declares.",
    422: "The body breaks the contract's schema, or the model cannot use it; `errors` names the fields.",
    503: "Too many requests are waiting, or the server is stopping: try again.",
    504: "The model took longer than the request timeout.",
}


def document(contract: Contract, *, title: str) -> dict[str, Any]:
    """An OpenAPI 3.1.0 document (plain dicts and lists, ready for JSON) of every api, the health urls and /metrics."""
    paths: dict[str, dict[str, Any]] = {}
    health = dict(zip(urls_of(contract), HEALTH_NAMES, strict=False))
    for api, name in zip(contract.apis, _operation_ids(contract.apis), strict=True):
        paths.setdefault(api.url, {})[api.method.lower()] = _operation(api, name)
    for url, name in health.items():
        paths.setdefault(url, {}).setdefault("get", _health(name))
    paths.setdefault("/metrics", {}).setdefault("get", _metrics())
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": f"Serves a model: {contract.model_algorithm}."},
        "servers": [{"url": "/"}],
        "tags": [{"name": "model"}, {"name": "server"}],
        "paths": paths,
        "components": _components(),
    }


def _operation_ids(apis: Iterable[Api]) -> list[str]:
    """`predict` for /, `greet` for /greet: the names that the server gives to methods; unique within the document."""
    taken = {"metrics", *HEALTH_NAMES}
    names = []
    for api in apis:
        plain = re.sub(r"\W+", "_", api.url.strip("/"), flags=re.ASCII) or "predict"
        name = plain if plain not in taken else f"{api.method.lower()}_{plain}"
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def _operation(api: Api, name: str) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": f"{api.method} {api.url}", "tags": ["model"]}
    if api.method in WITHOUT_BODY:
        operation["parameters"] = _query(api.request)
    else:
        operation["requestBody"] = _request_body(api.request)
    operation["responses"] = {"200": _answer(api.response), **_problems(MODEL_REQUEST)}
    return operation


def _query(request: Payload | None) -> list[dict[str, Any]]:
    schema = to_json_schema(request.schema or {}) if request is not None else {}
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in (schema.get("properties") or {}).items()
    ]


def _request_body(request: Payload | None) -> dict[str, Any]:
    if request is None:
        return {"required": False, "content": {JSON: {}}}
    return {"required": True, "content": {request.content_type: _media(request.schema)}}


def _answer(response: Payload | None) -> dict[str, Any]:
    kind = response.content_type if response is not None else JSON
    schema = response.schema if response is not None else None
    if kind == EVENT_STREAM:
        return _response("The answer, event by event.", {kind: _events(schema)})
    if kind == MULTIPART:  # declared by slip: the server answers with JSON (modelarts.md, section 1.8)
        kind = JSON
    return _response("The model's answer.", {kind: _media(schema)})


def _events(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """What each event holds, in the form of OpenAPI 3.2: version 3.1 can describe a stream only as a whole."""
    if schema is None:
        return {}
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": to_json_schema(schema)}
    return {"x-itemSchema": {"type": "object", "properties": {"data": data}, "required": ["data"]}}


def _media(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"schema": to_json_schema(schema)} if schema is not None else {}


def _response(description: str, content: Mapping[str, Any], **headers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}, **headers},
        "content": dict(content),
    }


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def _health(name: str) -> dict[str, Any]:
    def answer(description: str, word: str) -> dict[str, Any]:
        schema = {"type": "object", "properties": {"health": {"const": word}}, "required": ["health"]}
        phase = {"schema": {"enum": [known.name.lower() for known in Phase]}, "description": "Where in its life it is."}
        return _response(description, {JSON: {"schema": schema}}, **{"X-Hitless-Phase": phase})

    return {
        "operationId": name,
        "summary": "Whether the service runs properly",
        "tags": ["server"],
        "responses": {
            "200": answer("It does.", "true"),
            "503": answer("It does not: it starts, stops or is faulty.", "false"),
            **_problems(ANY_REQUEST),
        },
    }


def _metrics() -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "Counters of all workers, in the Prometheus text format",
        "tags": ["server"],
        "responses": {"200": _response("The counters.", text), **_problems(ANY_REQUEST)},
    }


def _components() -> dict[str, Any]:
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {f"Problem{status}": _response(text, problem) for status, text in sorted(MODEL_REQUEST.items())}
    responses["Problem503"]["headers"]["Retry-After"] = {
        "schema": {"type": "integer", "minimum": 0},
        "description": "Seconds after which to try again.",
    }
    return {
        "schemas": {"Problem": PROBLEM_SCHEMA},
        "headers": {"RequestId": {"schema": {"type": "string"}, "description": "The request's id, as in the log."}},
        "responses": responses,
    }


PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
