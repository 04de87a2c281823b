"""The contract's request schema, checked by jsonschema-rs. Raises Rejected (422) that names every wrong field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hitless.serving.multipart import Part
from hitless.serving.request import Rejected
from hitless.spec.dialect import to_json_schema

_MOST_ERRORS = 20


class Validator:
    """Checks decoded bodies against one schema in the house dialect."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """ImportError where jsonschema-rs is missing; ValueError for a schema that is none."""
        import jsonschema_rs

        self._properties: Mapping[str, Any] = schema.get("properties") or {}
        self._validator = jsonschema_rs.validator_for(to_json_schema(schema))

    def check(self, value: Any) -> None:
        """A decoded JSON body."""
        if not self._validator.is_valid(value):
            raise self._rejection(value)

    def check_form(self, fields: Mapping[str, Sequence[Part]]) -> None:
        """A form: files count as strings, text is read as the schema's type says."""
        wrong = [
            (name, "is to be a file (with curl: -F name=@path)")
            for name, parts in fields.items()
            if self._type_of(name) == "file" and any(part.filename is None for part in parts)
        ]
        if wrong:
            raise Rejected(422, _sentence(wrong), errors=tuple(wrong))
        self.check({name: self._read(name, parts) for name, parts in fields.items()})

    def check_query(self, query: Mapping[str, str]) -> None:
        """The fields of a request without a body."""
        self.check({name: as_type(text, self._type_of(name)) for name, text in query.items()})

    def _type_of(self, name: str) -> Any:
        schema = self._properties.get(name)
        return schema.get("type") if isinstance(schema, Mapping) else None

    def _read(self, name: str, parts: Sequence[Part]) -> Any:
        kind = self._type_of(name)
        if kind == "array" and not (len(parts) == 1 and parts[0].value.lstrip().startswith(b"[")):
            items = self._properties[name].get("items")
            element = items[0] if isinstance(items, list) and len(items) == 1 else items
            inner = element.get("type") if isinstance(element, Mapping) else None
            return [_plain(part, inner) for part in parts]
        return _plain(parts[0], kind)

    def _rejection(self, value: Any) -> Rejected:
        errors = []
        for error in self._validator.iter_errors(value):
            field = "/".join(str(step) for step in error.instance_path)
            errors.append((field or "(body)", error.message[:300]))
            if len(errors) == _MOST_ERRORS:
                break
        return Rejected(422, _sentence(errors), errors=tuple(errors))


def as_type(text: str, kind: Any) -> Any:
    """Form text as the value that a schema of this type means; the text itself where it is none."""
    if kind in (None, "string", "file"):
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
