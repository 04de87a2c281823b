"""`data`: whether a schema of the house dialect can be understood, and the schema as meant.

The house dialect looks like JSON Schema draft-04 with rules of its own, all taken from published samples: the type
`file` at the first level of a form; `items` as a list of one schema (every element) or of n schemas (a tuple).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hitless.spec.findings import Findings
from hitless.spec.jsonfaults import Path
from hitless.spec.keywords import FILE, KEYWORDS, OTHER_TYPE_NAMES, REFERENCES, TYPES, Takes
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import quoted
from hitless.spec.section import MISSPELT_KEY, suggestion

KEYWORD_VALUE = Kind(
    "CFG-502",
    Weight.REFUSED,
    "a keyword of a schema with a value that it does not take",
    "No request could be checked against such a schema.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"required": true}}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}]}',
)
TYPE_UNKNOWN = Kind(
    "CFG-503",
    Weight.REFUSED,
    "a type that the dialect does not have",
    "The types are object, array, string, number, integer, boolean and null, and file in a form.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "float"}}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "number"}}}}}]}',
)
FILE_PLACE = Kind(
    "CFG-504",
    Weight.REFUSED,
    "a file where none can be",
    "A file is a field of a form: the type `file` stands in the first level of `properties`, "
    "and the Content-type is multipart/form-data.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"images": {"type": "file"}}}}}]}',
    '{"apis": [{"request": {"Content-type": "multipart/form-data", '
    '"data": {"type": "object", "properties": {"images": {"type": "file"}}}}}]}',
)
TUPLE_OPEN = Kind(
    "CFG-505",
    Weight.FORGIVEN,
    "a list of several item schemas without its length",
    "n schemas in `items` are a tuple of n elements; published samples always give minItems and maxItems n with it. "
    "It is read as a tuple of exactly n.",
    '{"apis": [{"response": {"data": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}}}]}',
    '{"apis": [{"response": {"data": {"type": "array", "minItems": 2, "maxItems": 2, '
    '"items": [{"type": "string"}, {"type": "number"}]}}}]}',
)
TUPLE_LENGTH = Kind(
    "CFG-506",
    Weight.REFUSED,
    "a tuple whose length contradicts its schemas",
    "n schemas in `items` describe exactly n elements, so minItems and maxItems are n.",
    '{"apis": [{"response": {"data": {"type": "array", "minItems": 3, "maxItems": 3, '
    '"items": [{"type": "string"}, {"type": "number"}]}}}]}',
    '{"apis": [{"response": {"data": {"type": "array", "minItems": 2, "maxItems": 2, '
    '"items": [{"type": "string"}, {"type": "number"}]}}}]}',
)
REQUIRED_UNKNOWN = Kind(
    "CFG-507",
    Weight.ADVICE,
    "a required name that `properties` does not describe",
    "Every request must then have a field of which nothing is said. Mostly one of the two names is misspelt.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"image": {}}, "required": ["images"]}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"images": {}}, "required": ["images"]}}}]}',
)
MIN_MAX = Kind(
    "CFG-508",
    Weight.FORGIVEN,
    "min or max in a schema",
    "They belong to the parameter list of the API. In `data` nothing reads them.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "number", "min": 0}}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}}}}]}',
)
REFERENCE = Kind(
    "CFG-509",
    Weight.REFUSED,
    "a reference to another schema",
    "The dialect has no $ref; the platform derives its forms from what is written out.",
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"$ref": "#/definitions/x"}}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "number"}}}}}]}',
)
FORM_TYPE = Kind(
    "CFG-510",
    Weight.REFUSED,
    "a form that is no object",
    "The fields of a form are the `properties` of an object.",
    '{"apis": [{"request": {"Content-type": "multipart/form-data", "data": {"type": "array"}}}]}',
    '{"apis": [{"request": {"Content-type": "multipart/form-data", "data": {"type": "object", "properties": {}}}}]}',
)
UNKNOWN_KEYWORD = Kind(
    "CFG-511",
    Weight.ADVICE,
    "a keyword that JSON Schema does not have",
    "It is kept, and checks nothing. Often it is a slip of the pen.",
    '{"apis": [{"request": {"data": {"type": "object", "propertys": {}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {}}}}]}',
)


def has_file(data: Mapping[str, Any]) -> bool:
    """Whether a field of the first level is a file."""
    properties = data.get("properties")
    return isinstance(properties, dict) and any(
        isinstance(value, dict) and FILE in _types(value) for value in properties.values()
    )


def read_schema(findings: Findings, data: Mapping[str, Any], path: Path, *, form: bool) -> Mapping[str, Any]:
    """The schema as meant: `item` is `items`, at every depth; all else as written."""
    reader = _SchemaReader(findings)
    if form and _types(data) not in ([], ["object"]):
        findings.add(FORM_TYPE, (*path, "type"), 'the schema of a form has type "object"', 'Write "type": "object".')
    return reader.schema(data, path, form_level=0 if form else None)


def _types(schema: Mapping[str, Any]) -> list[Any]:
    value = schema.get("type", [])
    return value if isinstance(value, list) else [value]


class _SchemaReader:
    """Walks one schema. `form_level` counts the levels below a form's schema, and is None outside of forms."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def schema(self, schema: Mapping[str, Any], path: Path, form_level: int | None = None) -> dict[str, Any]:
        meant: dict[str, Any] = {}
        for key, value in schema.items():
            keyword = "items" if key == "item" and "items" not in schema else key
            place = (*path, key)
            if keyword != key:
                self.findings.add(MISSPELT_KEY, place, '"item" is read as "items"', 'Write "items".', of_key=True)
            fields_follow = form_level == 0 and keyword == "properties"
            meant[keyword] = self.keyword(keyword, value, place, 1 if fields_follow else None)
        self.check_types(schema, path, is_field=form_level == 1)
        self.check_tuple(meant, path)
        self.check_required(meant, path)
        return meant

    def keyword(self, keyword: str, value: Any, path: Path, form_level: int | None) -> Any:
        takes = KEYWORDS.get(keyword)
        if takes is None:
            self.unknown(keyword, path)
            return value
        if not _fits(takes, value):
            message = f"{quoted(keyword)} takes {takes}"
            self.findings.add(KEYWORD_VALUE, path, message, _remedy(keyword, value))
            return value
        return self.nested(takes, value, path, form_level)

    def nested(self, takes: Takes, value: Any, path: Path, form_level: int | None) -> Any:
        """The value with the schemas inside of it read too."""
        if takes in (Takes.SCHEMA, Takes.ITEMS) and isinstance(value, dict):
            return self.schema(value, path)
        if takes in (Takes.ITEMS, Takes.SCHEMAS) and isinstance(value, list):
            return [self.part(part, (*path, index)) for index, part in enumerate(value)]
        if takes is Takes.SCHEMA_MAP:
            return {name: self.part(part, (*path, name), form_level) for name, part in value.items()}
        return value

    def part(self, value: Any, path: Path, form_level: int | None = None) -> Any:
        return self.schema(value, path, form_level) if isinstance(value, dict) else value

    def unknown(self, keyword: str, path: Path) -> None:
        if keyword in REFERENCES:
            self.findings.add(
                REFERENCE, path, f"{quoted(keyword)} refers to another schema", "Write that schema out here."
            )
        elif keyword in ("min", "max"):
            meant = f"{keyword}imum"
            message = f"{quoted(keyword)} is no keyword of a schema, and checks nothing"
            self.findings.add(MIN_MAX, path, message, f'Write "{meant}".', of_key=True)
        elif not self.findings.full:
            near = suggestion(keyword, tuple(KEYWORDS))
            remedy = f'Did you mean "{near}"?' if near else "Delete it, unless somebody else reads it."
            self.findings.add(UNKNOWN_KEYWORD, path, f"{quoted(keyword)} checks nothing", remedy, of_key=True)

    def check_types(self, schema: Mapping[str, Any], path: Path, *, is_field: bool) -> None:
        for name in _types(schema):
            if name == FILE and not is_field:
                message = "a file can only be a field of a form: in the first level of multipart/form-data"
                remedy = 'Write "Content-type": "multipart/form-data" and put the field into its first "properties".'
                self.findings.add(FILE_PLACE, (*path, "type"), message, remedy)
            elif isinstance(name, str) and name not in (*TYPES, FILE):
                near = OTHER_TYPE_NAMES.get(name.lower()) or suggestion(name.lower(), (*TYPES, FILE))
                remedy = f'Write "{near}".' if near else f"Write one of {', '.join(TYPES)}."
                self.findings.add(TYPE_UNKNOWN, (*path, "type"), f"{quoted(name)} is no type", remedy)

    def check_tuple(self, schema: Mapping[str, Any], path: Path) -> None:
        items = schema.get("items")
        if not isinstance(items, list) or len(items) < 2:
            return
        count = len(items)
        lengths = [schema.get(key) for key in ("minItems", "maxItems")]
        remedy = f'Write "minItems": {count}, "maxItems": {count}.'
        wrong = next((length for length in lengths if length not in (None, count)), None)
        if wrong is not None:
            message = f'"items" has {count} schemas, and the list is said to have {wrong} elements'
            self.findings.add(TUPLE_LENGTH, (*path, "items"), message, remedy)
        elif None in lengths:
            message = f"{count} schemas for one list are read as a tuple of exactly {count}"
            self.findings.add(TUPLE_OPEN, (*path, "items"), message, remedy)

    def check_required(self, schema: Mapping[str, Any], path: Path) -> None:
        names, properties = schema.get("required"), schema.get("properties")
        if not isinstance(names, list) or not isinstance(properties, dict) or not properties:
            return
        for index, name in enumerate(names):
            if isinstance(name, str) and name not in properties and not self.findings.full:
                near = suggestion(name, tuple(properties))
                describe = f'Describe {quoted(name)} in "properties", or delete it here.'
                remedy = f"Did you mean {quoted(near)}?" if near else describe
                message = f"{quoted(name)} is required but not described"
                self.findings.add(REQUIRED_UNKNOWN, (*path, "required", index), message, remedy)


def _remedy(keyword: str, value: Any) -> str:
    if keyword == "required" and isinstance(value, bool):
        return 'Write "required": ["name", …] in the object that has the property.'
    if keyword == "pattern":
        return "Write a regular expression, such as ^[a-z]+$."
    return f"Write {KEYWORDS[keyword]}, or delete the keyword."


def _fits(takes: Takes, value: Any) -> bool:
    """Whether a keyword can hold the value, apart from the schemas inside of it."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match takes:
        case Takes.TYPE:
            return isinstance(value, str) or (_distinct_texts(value) and bool(value))
        case Takes.SCHEMA:
            return _is_schema(value)
        case Takes.ITEMS:
            return _is_schema(value) or _are_schemas(value)
        case Takes.SCHEMAS:
            return _are_schemas(value) and bool(value)
        case Takes.SCHEMA_MAP:
            return isinstance(value, dict) and all(_is_schema(part) for part in value.values())
        case Takes.NAMES:
            return _distinct_texts(value)
        case Takes.NAMES_MAP:
            return isinstance(value, dict) and all(_distinct_texts(names) for names in value.values())
        case Takes.COUNT:
            return type(value) is int and value >= 0
        case Takes.NUMBER:
            return number
        case Takes.POSITIVE:
            return number and value > 0
        case Takes.BOUND:
            return number or isinstance(value, bool)
        case Takes.PATTERN:
            return isinstance(value, str) and _compiles(value)
        case Takes.TEXT:
            return isinstance(value, str)
        case Takes.FLAG:
            return isinstance(value, bool)
        case Takes.CHOICES:
            return isinstance(value, list) and bool(value)
        case Takes.LIST:
            return isinstance(value, list)
        case Takes.ANY:
            return True


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and all(_is_schema(part) for part in value)


def _distinct_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
