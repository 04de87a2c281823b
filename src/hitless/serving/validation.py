"""The contract's request schema, checked by jsonschema-rs. Raises Rejected (422) that names every wrong field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import msgspec

from hitless.serving.conversion import is_json_array
from hitless.serving.multipart import Part
from hitless.serving.request import Rejected
from hitless.spec.dialect import to_json_schema

_MOST_ERRORS = 20


class Validator:
    """Checks decoded bodies against one schema in the house dialect."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """ImportError where jsonschema-rs is missing; ValueError for a schema that is none."""
        if find_spec("jsonschema_rs") is None:
            raise ImportError("jsonschema-rs is not installed")
        self._schema = schema
        self._properties: Mapping[str, Any] = schema.get("properties") or {}
        self._compiled: Any = None if _is_plain_upload(schema) else _compiled(schema)

    def check(self, value: Any) -> None:
        """A decoded JSON body."""
        if self._compiled is None:
            self._compiled = _compiled(self._schema)
        if not self._compiled.is_valid(value):
            raise self._rejection(value)

    def check_form(self, fields: Mapping[str, Sequence[Part]]) -> None:
        """A form or a query: files count as strings, text is read as the schema's type says."""
        wrong = [
            (name, "is to be a file (with curl: -F name=@path)")
            for name, parts in fields.items()
            if self._wants_file(name) and any(part.filename is None for part in parts)
        ]
        if wrong:
            raise Rejected(422, _sentence(wrong), errors=tuple(wrong))
        self.check({name: self._read(name, parts) for name, parts in fields.items()})

    def _property(self, name: str) -> Mapping[str, Any]:
        schema = self._properties.get(name)
        return schema if isinstance(schema, Mapping) else {}

    def _element(self, name: str) -> Mapping[str, Any]:
        """The schema of an array's elements; in the house dialect, one in a list means every element."""
        items = self._property(name).get("items")
        element = items[0] if isinstance(items, list) and len(items) == 1 else items
        return element if isinstance(element, Mapping) else {}

    def _wants_file(self, name: str) -> bool:
        kind = self._property(name).get("type")
        return kind == "file" or (kind == "array" and self._element(name).get("type") == "file")

    def _read(self, name: str, parts: Sequence[Part]) -> Any:
        kind = self._property(name).get("type")
        if kind == "array" and not is_json_array(parts):
            return [_plain(part, self._element(name).get("type")) for part in parts]
        return _plain(parts[0], kind)

    def _rejection(self, value: Any) -> Rejected:
        errors = []
        for error in self._compiled.iter_errors(value):
            errors.append((_field_of(error), error.message[:300]))
            if len(errors) == _MOST_ERRORS:
                break
        return Rejected(422, _sentence(errors), errors=tuple(errors))


def _compiled(schema: Mapping[str, Any]) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(to_json_schema(schema))


def _is_plain_upload(schema: Mapping[str, Any]) -> bool:
    """Whether a schema says no more than which files a form has: right beyond doubt, and seldom consulted.

    It is compiled when the first odd request comes; a server of uploads spares 3 MiB a worker until then.
    """
    properties = schema.get("properties")
    return (
        set(schema) <= {"type", "properties", "required"}
        and schema.get("type") == "object"
        and isinstance(properties, Mapping)
        and all(value == {"type": "file"} for value in properties.values())
        and isinstance(required := schema.get("required", []), list)
        and all(isinstance(name, str) for name in required)
        and len(set(required)) == len(required)
    )


def _field_of(error: Any) -> str:
    """Where an error is, as a path; of a missing or a surplus property, its own name."""
    steps = [str(step) for step in error.instance_path]
    missing = getattr(error.kind, "property", None) if error.kind.name == "required" else None
    surplus = getattr(error.kind, "unexpected", None) if error.kind.name == "additionalProperties" else None
    if missing is not None:
        steps.append(str(missing))
    elif surplus:
        steps.append(str(surplus[0]))
    return "/".join(steps) or "(body)"


def as_type(text: str, kind: Any) -> Any:
    """Form text as the value that a schema of this type means; the text itself where it is none."""
    kinds = kind if isinstance(kind, list) else [kind]
    if text == "null" and "null" in kinds:
        return None
    if {None, "string", "file"} & set(kinds):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _plain(part: Part, kind: Any) -> Any:
    """A part as the schema sees it; a file is a string."""
    return as_type(part.value.decode("utf-8", "replace"), kind) if part.filename is None else ""


def _sentence(errors: Sequence[tuple[str, str]]) -> str:
    return "The body breaks the contract: " + "; ".join(f"{field}: {detail}" for field, detail in errors[:3]) + "."
