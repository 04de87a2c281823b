"""A JSON Schema → a first value to start writing from. Pure.

What the schema gives (const, default, examples, enum) is taken; else the smallest value of its type that is likely to
be valid: all properties, one element of each array, every element of a tuple.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEPTH = 8  # below, a nested schema starts as null
ELEMENTS = 8  # of an array, at most, however many `minItems` asks for


def skeleton(schema: Any, depth: int = DEPTH) -> Any:
    """A value of the schema, or something near to one; `schema` is standard JSON Schema (2020-12)."""
    if not isinstance(schema, Mapping) or depth == 0:
        return None
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    for keyword in ("examples", "enum"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            return schema[keyword][0]
    for keyword in ("oneOf", "anyOf", "allOf"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            return skeleton(schema[keyword][0], depth - 1)
    return _of_type(_type(schema), schema, depth)


def _type(schema: Mapping[str, Any]) -> str | None:
    named = schema.get("type")
    for name in named if isinstance(named, list) else [named]:
        if isinstance(name, str) and name != "null":
            return name
    return "array" if "items" in schema or "prefixItems" in schema else "object" if "properties" in schema else None


def _of_type(kind: str | None, schema: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "object":
            properties = schema.get("properties")
            named = properties.items() if isinstance(properties, Mapping) else ()
            return {name: skeleton(part, depth - 1) for name, part in named}
        case "array":
            return _array(schema, depth)
        case "string":
            return ""
        case "number" | "integer":
            return _number(schema)
        case "boolean":
            return False
        case _:
            return None


def _array(schema: Mapping[str, Any], depth: int) -> list[Any]:
    prefix = schema.get("prefixItems")
    if isinstance(prefix, list) and prefix:
        return [skeleton(part, depth - 1) for part in prefix]
    if not isinstance(schema.get("items"), Mapping):
        return []
    least = schema.get("minItems", 1)
    count = min(max(least if isinstance(least, int) else 1, 1), ELEMENTS)
    return [skeleton(schema["items"], depth - 1) for _ in range(count)]


def _number(schema: Mapping[str, Any]) -> Any:
    """0, or the bound that is nearest to it."""
    low, above = _bound(schema, "minimum", -1), _bound(schema, "exclusiveMinimum", -1)
    high = _bound(schema, "maximum", 0)
    if above >= 0:
        return above + 1
    return low if low > 0 else min(high, 0)


def _bound(schema: Mapping[str, Any], keyword: str, absent: int) -> int | float:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else absent
