"""What the playground shows of a package, as plain JSON values. Decides which form each api gets; draws nothing.

An api's `body` says how a request is put together: "query", "form", "json", "text", "file" or "none". A field's `kind`
says how one value is entered: "file", "files", "text", "number", "integer", "boolean", "choice" or "json".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import hitless
from hitless.serving.health import urls_of
from hitless.serving.playground.samples import samples
from hitless.serving.playground.skeleton import skeleton
from hitless.spec.contract import JSON, MULTIPART, WITHOUT_BODY, Api, Contract, Payload
from hitless.spec.dialect import FILE_MEDIA_TYPE, to_json_schema

if TYPE_CHECKING:
    from hitless.serving.package import Package

FLAT_FIELDS = 12  # a JSON body with more, or with nested ones, is written as JSON only
SCALARS = frozenset({"text", "number", "integer", "boolean", "choice"})
PICTURE = re.compile(r"image|img|picture|photo|digit|object_detection|frame|scan", re.IGNORECASE)
SKETCH = re.compile(r"mnist|digit|handwrit|sketch|doodle|draw", re.IGNORECASE)


def contents(package: Package) -> dict[str, Any]:
    """Everything that the page's script is given. InputError where the package's examples cannot be read."""
    contract, title = package.contract, package.folder.resolve().name
    return {
        "title": title,
        "algorithm": contract.model_algorithm,
        "version": hitless.__version__,
        "insecure": contract.protocol == "https",  # the certificate is mostly self-signed
        "health": urls_of(contract)[0],
        "apis": [api_form(api, contract, title) for api in contract.apis],
        "examples": samples(package),
    }


def api_form(api: Api, contract: Contract, title: str = "") -> dict[str, Any]:
    """One api: where it is, how its request is entered, and what is known of its answer."""
    request, response = api.request, api.response
    schema = to_json_schema(request.schema) if request is not None and request.schema else {}
    body = _body(api)
    return {
        "method": api.method,
        "url": api.url,
        "body": body,
        "type": request.content_type if request is not None else JSON,
        "answers": response.content_type if response is not None else JSON,
        "fields": _fields(schema, body, _is_about_pictures(contract, request)),
        "open": body in ("form", "query") and not schema.get("properties"),
        "skeleton": skeleton(schema) if body == "json" and schema else {} if body == "json" and request else None,
        "sketch": bool(SKETCH.search(" ".join(_words(api, contract, title)))),
    }


def _body(api: Api) -> str:
    if api.method in WITHOUT_BODY:
        return "query" if api.request is not None else "none"
    kind = api.request.content_type if api.request is not None else JSON
    if kind == MULTIPART:
        return "form"
    if kind == JSON or kind.endswith("+json"):
        return "json"
    return "text" if kind.startswith("text/") or kind.endswith("urlencoded") else "file"


def _fields(schema: Mapping[str, Any], body: str, pictures: bool) -> list[dict[str, Any]]:
    """The fields of a form or a query; of a JSON body only where it is flat and small."""
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    fields = [field(name, part, body, pictures, name in required) for name, part in properties.items()]
    if body == "json" and (len(fields) > FLAT_FIELDS or any(entry["kind"] not in SCALARS for entry in fields)):
        return []
    return fields


def field(name: str, schema: Any, body: str, pictures: bool, required: bool) -> dict[str, Any]:
    """How one property is entered; `schema` is standard JSON Schema."""
    schema = schema if isinstance(schema, Mapping) else {}
    kind = _kind(schema, body)
    entry = {"name": name, "kind": kind, "required": required, "note": schema.get("description") or ""}
    if kind in ("file", "files"):
        entry["picture"] = pictures or bool(PICTURE.search(name))
    elif kind == "json":
        entry["skeleton"] = skeleton(schema)
    else:
        entry |= {key: schema[key] for key in ("minimum", "maximum", "maxLength", "default", "enum") if key in schema}
    return entry


def _kind(schema: Mapping[str, Any], body: str) -> str:
    if body == "form" and schema.get("contentMediaType"):
        return "file"
    enum = schema.get("enum")
    if isinstance(enum, Sequence) and enum and all(isinstance(value, str | int | float | None) for value in enum):
        return "choice"
    named = schema.get("type")
    types = [name for name in (named if isinstance(named, list) else [named]) if name != "null"]
    if types == ["array"] and body == "form" and (schema.get("items") or {}).get("contentMediaType") == FILE_MEDIA_TYPE:
        return "files"
    if len(types) == 1 and types[0] in ("string", "number", "integer", "boolean"):
        return "text" if types[0] == "string" else str(types[0])
    return "json" if body == "json" or types in (["object"], ["array"]) else "text"


def _is_about_pictures(contract: Contract, request: Payload | None) -> bool:
    return bool(PICTURE.search(contract.model_algorithm)) and request is not None


def _words(api: Api, contract: Contract, title: str) -> list[str]:
    """What the package calls things: from these words, whether drawing is the natural way in."""
    found = [contract.model_algorithm, title, api.url]
    for payload in (api.request, api.response):
        properties = (payload.schema or {}).get("properties") if payload is not None else None
        found += list(properties) if isinstance(properties, Mapping) else []
    return found
