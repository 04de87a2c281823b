"""The contract → requests that conform to it, for each api; the same for the same seed. Pure.

What the user gave (golden requests) is better than what can be made up, and comes first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hitless.checking.probes.bodies import (
    Target,
    bare_request,
    fields_of,
    form_request,
    json_request,
    raw_request,
    urlencoded_request,
)
from hitless.checking.probes.pictures import SmallFile, small_file
from hitless.checking.probes.request import Request
from hitless.checking.probes.values import conforming
from hitless.spec.contract import JSON, MULTIPART, WITHOUT_BODY, Api, Contract
from hitless.spec.dialect import to_json_schema
from hitless.spec.keywords import FILE

URLENCODED = "application/x-www-form-urlencoded"
CASES = 4
_SPEAKS_HTTP = (None, "http", "https")


def target(contract: Contract, number: int) -> Target:
    api = contract.apis[number]
    path = api.url if api.url.startswith("/") else f"/{api.url}"
    return Target(api.method, path, number, api.protocol or contract.protocol)


def askable(contract: Contract) -> Iterator[int]:
    """The numbers of the apis that speak HTTP."""
    return (number for number, api in enumerate(contract.apis) if api.protocol in _SPEAKS_HTTP)


def cases(contract: Contract, number: int, seed: int = 0, count: int = CASES) -> list[Request]:
    """Up to `count` different conforming requests to the api of that number; none where its schema admits nothing that
    is found."""
    api, to = contract.apis[number], target(contract, number)
    made = itertools.islice(_made(api, to, f"{seed}/{number}"), 3 * count)
    return list(dict.fromkeys(made))[:count]


def first_case(contract: Contract, seed: int = 0, goldens: Sequence[Request] = ()) -> Request | None:
    """The request that shows whether it works: the first that was given, else one to the first api."""
    if goldens:
        return goldens[0]
    for number in askable(contract):
        made = cases(contract, number, seed, 1)
        if made:
            return made[0]
    return None


def _made(api: Api, to: Target, seed: str) -> Iterator[Request]:
    payload = api.request
    if payload is None or (payload.schema is None and api.method in WITHOUT_BODY):
        yield bare_request(to)
        return
    schema = to_json_schema(payload.schema or {})
    kind = payload.content_type
    for number, value in enumerate(conforming(schema, seed)):
        fields = value if isinstance(value, Mapping) else {}
        if api.method in WITHOUT_BODY:
            yield bare_request(to, fields)
        elif kind == MULTIPART:
            yield form_request(to, fields_of(fields, files_for(payload.schema or {}, fields, number, seed)))
        elif kind == URLENCODED:
            yield urlencoded_request(to, fields)
        elif kind == JSON or kind.endswith("+json") or payload.schema:
            yield json_request(to, value, kind)
        else:
            yield _octets(to, kind, number, seed)


def files_for(schema: Mapping[str, Any], fields: Mapping[str, Any], number: int, seed: str) -> dict[str, SmallFile]:
    """A file for each field of the form that is one."""
    properties = schema.get("properties", {})
    return {
        name: small_file(f"{name} {described.get('description', '')}", number, f"{seed}/{name}")
        for name in fields
        if isinstance(described := properties.get(name), Mapping) and is_file(described)
    }


def is_file(schema: Mapping[str, Any]) -> bool:
    written = schema.get("type")
    return FILE in (written if isinstance(written, list) else [written])


def _octets(to: Target, kind: str, number: int, seed: str) -> Request:
    return raw_request(to, small_file(kind, number, seed).data, kind)
