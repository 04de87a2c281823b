"""The keywords of JSON Schema that a `data` may hold, and what each one takes. Data only.

The house dialect is documented with the first nine of `type … items` only; the others are those of draft-04 and of
2020-12, which pass through to the validator, so what they take is checked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Takes(StrEnum):
    """What a keyword takes, in the words of the message."""

    TYPE = "a type, or a list of types"
    SCHEMA = "a schema"
    ITEMS = "a schema, or a list of schemas"
    SCHEMAS = "a list of schemas"
    SCHEMA_MAP = "an object of schemas by name"
    NAMES = "a list of different names"
    NAMES_MAP = "an object of lists of names"
    COUNT = "a whole number, 0 or more"
    NUMBER = "a number"
    POSITIVE = "a number above 0"
    BOUND = "a number (or true or false, as in draft-04)"
    PATTERN = "a regular expression"
    TEXT = "a text"
    FLAG = "true or false"
    CHOICES = "a list with at least one value"
    LIST = "a list"
    ANY = "any value"


KEYWORDS: Mapping[str, Takes] = {
    "type": Takes.TYPE,
    "properties": Takes.SCHEMA_MAP,
    "items": Takes.ITEMS,
    "required": Takes.NAMES,
    "minItems": Takes.COUNT,
    "maxItems": Takes.COUNT,
    "index": Takes.ANY,  # batch mapping: the column of a CSV file
    "title": Takes.TEXT,
    "description": Takes.TEXT,
    "default": Takes.ANY,
    "examples": Takes.LIST,
    "example": Takes.ANY,  # OpenAPI's word
    "enum": Takes.CHOICES,
    "const": Takes.ANY,
    "minimum": Takes.NUMBER,
    "maximum": Takes.NUMBER,
    "exclusiveMinimum": Takes.BOUND,
    "exclusiveMaximum": Takes.BOUND,
    "multipleOf": Takes.POSITIVE,
    "minLength": Takes.COUNT,
    "maxLength": Takes.COUNT,
    "pattern": Takes.PATTERN,
    "format": Takes.TEXT,
    "uniqueItems": Takes.FLAG,
    "prefixItems": Takes.SCHEMAS,
    "additionalItems": Takes.SCHEMA,
    "unevaluatedItems": Takes.SCHEMA,
    "contains": Takes.SCHEMA,
    "minContains": Takes.COUNT,
    "maxContains": Takes.COUNT,
    "additionalProperties": Takes.SCHEMA,
    "unevaluatedProperties": Takes.SCHEMA,
    "patternProperties": Takes.SCHEMA_MAP,
    "propertyNames": Takes.SCHEMA,
    "minProperties": Takes.COUNT,
    "maxProperties": Takes.COUNT,
    "dependentRequired": Takes.NAMES_MAP,
    "dependentSchemas": Takes.SCHEMA_MAP,
    "allOf": Takes.SCHEMAS,
    "anyOf": Takes.SCHEMAS,
    "oneOf": Takes.SCHEMAS,
    "not": Takes.SCHEMA,
    "if": Takes.SCHEMA,
    "then": Takes.SCHEMA,
    "else": Takes.SCHEMA,
    "contentMediaType": Takes.TEXT,
    "contentEncoding": Takes.TEXT,
    "contentSchema": Takes.SCHEMA,
    "readOnly": Takes.FLAG,
    "writeOnly": Takes.FLAG,
    "deprecated": Takes.FLAG,
    "$schema": Takes.TEXT,
    "$id": Takes.TEXT,
    "$comment": Takes.TEXT,
}
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
FILE = "file"
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
# Words for types that other languages and the API's own parameter list use, and what they are called in a schema.
OTHER_TYPE_NAMES: Mapping[str, str] = {
    "int": "integer", "long": "integer", "float": "number", "double": "number", "str": "string", "text": "string",
    "timestamp": "string", "date": "string", "datetime": "string", "bool": "boolean", "list": "array",
    "tuple": "array", "dict": "object", "map": "object", "json": "object", "image": FILE, "bytes": FILE, "binary": FILE,
    "none": "null",
}  # fmt: skip
