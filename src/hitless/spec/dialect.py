"""The house dialect of `data` → standard JSON Schema, draft 2020-12. A pure translation; it never judges.

The dialect looks like draft-04 with rules of its own, all taken from published samples:
- `"type": "file"` is a field of a form that carries a file. JSON has no files: it becomes a string that holds octets.
- `items` with one schema in a list means that every element has this schema, not a list of one element.
- `items` with n > 1 schemas is a tuple of exactly n elements.
- `item` is a misspelling of `items`.
- An empty `properties` says nothing about the properties.
- `index` (the column in a batch mapping), `min` and `max` (of the API's parameter list) check nothing.
All other keywords of JSON Schema pass through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hitless.spec.keywords import FILE, KEYWORDS, Takes

FILE_MEDIA_TYPE = "application/octet-stream"
# Without a meaning in 2020-12, or with one that would send a validator elsewhere.
DROPPED = frozenset({"index", "min", "max", "$schema", "$id", "id", "additionalItems"})
EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def to_json_schema(data: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that a 2020-12 validator understands. The input is left as it is."""
    schema: dict[str, Any] = {}
    for written, value in data.items():
        keyword = "items" if written == "item" and "items" not in data else written
        if keyword == "type":
            schema |= _type(value, data)
        elif keyword == "items" and isinstance(value, Sequence):
            schema |= _items(value, data)
        elif keyword in EXCLUSIVE and isinstance(value, bool):
            schema |= _exclusive(keyword, data) if value else {}
        elif keyword not in DROPPED:
            schema.setdefault(keyword, _translated(KEYWORDS.get(keyword), value))
    for keyword, bound in EXCLUSIVE.items():
        if data.get(keyword) is True:
            schema.pop(bound, None)
    return schema


def _type(value: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    names = value if isinstance(value, list) else [value]
    if FILE not in names:
        return {"type": value}
    standard = list(dict.fromkeys("string" if name == FILE else name for name in names))
    media_type = {} if "contentMediaType" in data else {"contentMediaType": FILE_MEDIA_TYPE}
    return {"type": standard if isinstance(value, list) else standard[0], **media_type}


def _items(schemas: Sequence[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    if not schemas:
        return {}
    if len(schemas) == 1:
        return {"items": _schema(schemas[0])}
    return {
        "prefixItems": [_schema(schema) for schema in schemas],
        "items": False,
        "minItems": data.get("minItems", len(schemas)),
        "maxItems": data.get("maxItems", len(schemas)),
    }


def _exclusive(keyword: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Draft-04: `"minimum": 0, "exclusiveMinimum": true` is 2020-12's `"exclusiveMinimum": 0`."""
    bound = EXCLUSIVE[keyword]
    return {keyword: data[bound]} if bound in data else {}


def _translated(takes: Takes | None, value: Any) -> Any:
    match takes:
        case Takes.SCHEMA | Takes.ITEMS:
            return _schema(value)
        case Takes.SCHEMAS if isinstance(value, list):
            return [_schema(schema) for schema in value]
        case Takes.SCHEMA_MAP if isinstance(value, Mapping):
            return {name: _schema(schema) for name, schema in value.items()}
        case _:
            return value


def _schema(value: Any) -> Any:
    return to_json_schema(value) if isinstance(value, Mapping) else value
