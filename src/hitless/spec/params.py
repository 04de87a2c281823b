"""The platform's derived view of an api: one flat parameter for each first-level property of its schemas.

This is what the console shows and what ShowModel returns as `input_params` and `output_params`. Which type it gives to
a property without `type` is not published; here such a one is an object, array or string by its other keywords.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitless.spec.contract import Api, Contract, Payload


@dataclass(frozen=True)
class Param:
    """One entry of `input_params` or `output_params`. `desc` is the nested schema as JSON; None for simple types."""

    url: str
    method: str
    protocol: str
    name: str
    type: str
    desc: str | None = None
    min: float | None = None
    max: float | None = None

    def to_json(self) -> dict[str, Any]:
        """With the API's own keys; what is None is left out."""
        values = {
            "url": self.url,
            "method": self.method,
            "protocol": self.protocol,
            "param_name": self.name,
            "param_type": self.type,
            "param_desc": self.desc,
            "min": self.min,
            "max": self.max,
        }
        return {key: value for key, value in values.items() if value is not None}


def input_params(contract: Contract) -> tuple[Param, ...]:
    """The parameters of all apis, in order. A batch service needs at least one (error 3514)."""
    return tuple(param for api in contract.apis for param in params(contract, api, api.request))


def output_params(contract: Contract) -> tuple[Param, ...]:
    return tuple(param for api in contract.apis for param in params(contract, api, api.response))


def params(contract: Contract, api: Api, payload: Payload | None) -> tuple[Param, ...]:
    """The parameters of one side of one api."""
    schema = {} if payload is None or payload.schema is None else payload.schema
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return ()
    protocol = api.protocol or contract.protocol
    return tuple(
        _param(api.url, api.method.lower(), protocol, name, schema if isinstance(schema, Mapping) else {})
        for name, schema in properties.items()
    )


def _param(url: str, method: str, protocol: str, name: str, schema: Mapping[str, Any]) -> Param:
    kind = param_type(schema)
    nested = json.dumps(schema, ensure_ascii=False, separators=(",", ":")) if kind in ("object", "array") else None
    low, high = (schema.get(first, schema.get(second)) for first, second in (("min", "minimum"), ("max", "maximum")))
    return Param(url, method, protocol, name, kind, nested, _number(low), _number(high))


def param_type(schema: Mapping[str, Any]) -> str:
    """The type of a property as one word."""
    written = schema.get("type")
    names = written if isinstance(written, list) else [written]
    for name in names:
        if isinstance(name, str) and name != "null":
            return name
    return "array" if "items" in schema or "prefixItems" in schema else "string" if "enum" in schema else "object"


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
