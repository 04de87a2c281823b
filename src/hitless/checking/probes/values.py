"""A schema → values that conform to it, the same for the same seed. Pure.

A value is made keyword by keyword and then judged by a validator: what this code does not understand of a schema costs
tries, never a value that does not conform.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

TRIES = 24
MOST_CHARACTERS = 1 << 16  # of a text that a minLength asks for
_DEEPEST = 6  # beyond it only what is required is made
_FEW = 3  # elements, optional properties, characters beyond the least
_FORMATS: Mapping[str, str] = {
    "date-time": "2024-09-14T08:00:00Z", "date": "2024-09-14", "time": "08:00:00Z", "duration": "PT90S",
    "email": "somebody@example.org", "hostname": "example.org", "ipv4": "192.0.2.7", "ipv6": "2001:db8::7",
    "uri": "https://example.org/7", "uri-reference": "/7", "uuid": "9b2f7c4e-0d1a-4a51-8f36-2c7a90de5b11",
    "regex": "^[a-z]+$", "json-pointer": "/a/0", "byte": "aGl0bGVzcw==", "base64": "aGl0bGVzcw==",
}  # fmt: skip
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
# What shows the type of a schema that does not say it.
_SHOWS = (
    (("properties", "required", "minProperties", "additionalProperties"), "object"),
    (("items", "prefixItems", "minItems", "maxItems"), "array"),
    (("pattern", "format", "minLength", "maxLength"), "string"),
    (("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"), "number"),
)


def conforming(schema: Mapping[str, Any], seed: str) -> Iterator[Any]:
    """Different values that a 2020-12 validator accepts, endlessly; ends early where none is found."""
    try:
        validator = jsonschema_rs.validator_for(dict(schema))
    except (ValueError, jsonschema_rs.ValidationError):
        return
    number = missed = 0
    while missed < TRIES:
        value = _Maker(random.Random(f"{seed}/{number}"), plain=number == 0).value(schema, 0)  # noqa: S311
        number += 1
        if validator.is_valid(value):
            missed = 0
            yield value
        else:
            missed += 1


class _Maker:
    """One value. `plain`: as somebody would write an example: everything described, nothing odd."""

    def __init__(self, chance: random.Random, *, plain: bool) -> None:
        self._chance = chance
        self._plain = plain

    def value(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, Mapping) or not schema:
            return "a" if depth else {}
        schema = self._settled(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0] if self._plain else self._chance.choice(schema["enum"])
        given = self._given(schema)
        if given and (self._plain or self._chance.random() < 0.25):
            return given[0]
        return getattr(self, f"_{self._type(schema)}")(schema, depth)

    def _given(self, schema: Mapping[str, Any]) -> list[Any]:
        """What its author wrote as examples."""
        examples = schema.get("examples")
        written = list(examples) if isinstance(examples, list) else []
        return [*written, *(schema[key] for key in ("example", "default") if key in schema)]

    def _settled(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """With one of its alternatives chosen, and what all must hold merged."""
        merged = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
        parts = [part for part in schema.get("allOf", []) if isinstance(part, Mapping)]
        for key in ("anyOf", "oneOf"):
            choices = [part for part in schema.get(key, []) if isinstance(part, Mapping)]
            if choices:
                parts.append(choices[0] if self._plain else self._chance.choice(choices))
        for part in map(self._settled, parts):
            for key, value in part.items():
                merged[key] = _both(merged[key], value) if key in merged else value
        return merged

    def _type(self, schema: Mapping[str, Any]) -> str:
        written = schema.get("type")
        names = [name for name in (written if isinstance(written, list) else [written]) if name in _TYPES]
        if names:
            solid = [name for name in names if name != "null"] or names
            return str(solid[0] if self._plain else self._chance.choice(names))
        return next((kind for keys, kind in _SHOWS if any(key in schema for key in keys)), "string")

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = [name for name in schema.get("required", []) if isinstance(name, str)]
        optional = [name for name in properties if name not in required]
        if depth >= _DEEPEST:
            optional = []
        elif not self._plain:
            optional = [name for name in optional if self._chance.random() < 0.5]
        names = [*required, *optional]
        other = schema.get("additionalProperties", {})
        names += [f"key{number}" for number in range(schema.get("minProperties", 0) - len(names))]
        return {name: self.value(properties.get(name, other), depth + 1) for name in names}

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        least = schema.get("minItems", 0)
        if self._plain:
            wanted = max(least, len(first), 1)
        else:
            wanted = max(least, self._chance.randint(0, _FEW) if depth < _DEEPEST else 0)
        rest = schema.get("items", {})
        count = min(wanted, schema.get("maxItems", wanted), len(first) if rest is False else wanted)
        return [self.value(first[n] if n < len(first) else rest, depth + 1) for n in range(count)]

    def _string(self, schema: Mapping[str, Any], _: int) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        least = min(schema.get("minLength", 0), MOST_CHARACTERS)
        most = schema.get("maxLength", max(least, 8) + _FEW)
        length = min(max(least, 4 if self._plain else self._chance.randint(1, 12)), most)
        letters = string.ascii_lowercase if self._plain else string.ascii_letters + string.digits + " äé中-_."
        return "".join(self._chance.choice(letters) for _ in range(length))

    def _number(self, schema: Mapping[str, Any], _: int) -> float | int:
        low, high = _bounds(schema)
        step = schema.get("multipleOf")
        if step:
            first = int(-(-low // step))
            stepped: float = step * self._chance.randint(first, max(first, int(high // step)))
            return stepped
        if self._plain:
            return min(max(1, low), high)
        return round(self._chance.uniform(low, high), 3)

    def _integer(self, schema: Mapping[str, Any], _: int) -> int:
        low, high = _bounds(schema)
        step = max(1, int(schema.get("multipleOf") or 1))
        first, last = int(-(-low // step)), int(high // step)
        one = max(first, min(last, 1)) if self._plain else self._chance.randint(first, max(first, last))
        return one * step

    def _boolean(self, _: Mapping[str, Any], __: int) -> bool:
        return True if self._plain else self._chance.random() < 0.5

    def _null(self, _: Mapping[str, Any], __: int) -> None:
        return None


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + _little(schema)
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - _little(schema)
    if low is None:
        low = 0 if high is None else min(0, high - 100)
    return low, (max(100, low + 100) if high is None else high)


def _little(schema: Mapping[str, Any]) -> float:
    return 1 if schema.get("type") == "integer" else 0.001


def _both(one: Any, other: Any) -> Any:
    """Two values of one keyword, where both must hold: as far as that is simple."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **other}
    if isinstance(one, list) and isinstance(other, list):
        return list(dict.fromkeys([*one, *other])) if all(isinstance(item, str) for item in [*one, *other]) else other
    return other
