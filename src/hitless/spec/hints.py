"""A type hint, as syntax → a schema of the house dialect. Nothing is imported or executed.

What a hint does not say, or says by a name that this file does not know, is the empty schema: anything.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

from hitless.spec.keywords import FILE

SIMPLE: Mapping[str, str] = {
    "int": "integer", "float": "number", "str": "string", "bool": "boolean", "None": "null",
    "dict": "object", "Dict": "object", "Mapping": "object", "MutableMapping": "object", "OrderedDict": "object",
    "list": "array", "List": "array", "Sequence": "array", "Iterable": "array", "tuple": "array", "Tuple": "array",
    "set": "array", "Set": "array", "frozenset": "array", "ndarray": "array", "NDArray": "array",
    "datetime": "string", "date": "string", "UUID": "string",
}  # fmt: skip
FILES = ("bytes", "bytearray", "Image", "Upload")
WRAPPERS = ("Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar")
LISTS = ("list", "List", "Sequence", "Iterable", "set", "Set", "frozenset")
OBJECTS = ("dict", "Dict", "Mapping", "MutableMapping", "OrderedDict")
BASE64 = {"type": "string", "contentEncoding": "base64"}
Classes = Mapping[str, ast.ClassDef]


def last_name(node: ast.expr | None) -> str:
    """`np.ndarray` and `numpy.ndarray[…]` → `ndarray`; empty for what has no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value) | ast.Call(func=value):
            return last_name(value)
        case ast.Constant(value=None):
            return "None"
    return ""


def unquoted(node: ast.expr | None) -> ast.expr | None:
    """A hint in quotes → the hint."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return node


def alternatives(node: ast.expr | None) -> list[ast.expr]:
    """`int | None`, `Optional[int]`, `Union[int, str]` → their parts; one part for any other hint."""
    parts: list[ast.expr] = []
    waiting = [unquoted(node)]
    while waiting:
        hint = unquoted(waiting.pop())
        match hint:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                waiting += [right, left]
            case ast.Subscript() if last_name(hint) in ("Optional", "Union"):
                waiting += reversed(arguments(hint))
                if last_name(hint) == "Optional":
                    waiting.insert(0, ast.Constant(None))
            case ast.Subscript() if last_name(hint) in WRAPPERS:
                waiting.append(arguments(hint)[0])
            case ast.expr():
                parts.append(hint)
    return parts


def arguments(node: ast.Subscript) -> list[ast.expr]:
    """`dict[str, int]` → `str`, `int`; at least one: empty brackets say anything."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return list(parts) or [ast.Name("Any")]


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_file(node: ast.expr | None) -> bool:
    """Whether a parameter with this hint takes an uploaded file, or several."""
    return any(
        last_name(part) in FILES
        or (isinstance(part, ast.Subscript) and last_name(part) in LISTS and is_file(arguments(part)[0]))
        for part in alternatives(node)
    )


def parameter_schema(node: ast.expr | None, classes: Classes) -> dict[str, Any]:
    """The schema of a parameter. That it may be None is said by its absence, not by null."""
    if is_file(node):
        return {"type": FILE}
    return _union([part for part in alternatives(node) if not is_none(part)], classes, ())


def result_schema(node: ast.expr | None, classes: Classes) -> dict[str, Any]:
    """The schema of what a method returns: an exception or a Response in its place says nothing of the others."""
    return _union([part for part in alternatives(node) if not _is_apart(last_name(part))], classes, ())


def _is_apart(name: str) -> bool:
    return name in ("Response", "Image", "Upload") or name.endswith(("Error", "Exception"))


def _union(parts: list[ast.expr], classes: Classes, within: tuple[str, ...]) -> dict[str, Any]:
    schemas = [_schema(part, classes, within) for part in parts]
    if len(schemas) == 1:
        return schemas[0]
    if not schemas or {} in schemas:
        return {}
    if all(set(schema) == {"type"} for schema in schemas):
        return {"type": list(dict.fromkeys(schema["type"] for schema in schemas))}
    return {"anyOf": schemas}


def _any_of(node: ast.expr, classes: Classes, within: tuple[str, ...]) -> dict[str, Any]:
    return _union(alternatives(node), classes, within)


def _schema(node: ast.expr, classes: Classes, within: tuple[str, ...]) -> dict[str, Any]:
    name = last_name(node)
    if name in FILES:
        return dict(BASE64)
    if name in classes:
        return {"type": "object"} if name in within else class_schema(classes[name], classes, (*within, name))
    if name == "Literal" and isinstance(node, ast.Subscript):
        return _literal(arguments(node))
    if name not in SIMPLE:
        return {}
    schema: dict[str, Any] = {"type": SIMPLE[name]}
    return schema | _elements(node, name, classes, within) if isinstance(node, ast.Subscript) else schema


def _elements(node: ast.Subscript, name: str, classes: Classes, within: tuple[str, ...]) -> dict[str, Any]:
    """What the brackets say of the elements: `list[int]`, `dict[str, float]`, `tuple[str, float]`."""
    inner = arguments(node)
    open_tuple = len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...
    if name in LISTS or (name in ("tuple", "Tuple") and open_tuple):
        items = _any_of(inner[0], classes, within)
        return {"items": items} if items else {}
    if name in ("tuple", "Tuple"):
        count = len(inner)
        parts = [_any_of(part, classes, within) for part in inner]
        return {"minItems": count, "maxItems": count, "items": parts}
    if name in OBJECTS and len(inner) == 2:
        values = _any_of(inner[1], classes, within)
        return {"additionalProperties": values} if values else {}
    return {}


def _literal(choices: list[ast.expr]) -> dict[str, Any]:
    try:
        return {"enum": [json_constant(choice) for choice in choices]} if choices else {}
    except ValueError:
        return {}


def json_constant(node: ast.expr) -> str | int | float | bool | None:
    """The value of a literal that JSON can hold. Raises ValueError for every other expression."""
    try:
        value = ast.literal_eval(node)
    except (TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("no literal") from error
    if isinstance(value, str):
        value.encode()  # a UnicodeEncodeError is a ValueError
    if isinstance(value, str | int | bool | None) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("no value of JSON")


def class_schema(node: ast.ClassDef, classes: Classes, within: tuple[str, ...] = ()) -> dict[str, Any]:
    """A dataclass, TypedDict, NamedTuple or the like: its annotated fields; an Enum: its values."""
    bases = [last_name(base) for base in node.bases]
    if any(base.endswith("Enum") for base in bases):
        return _literal([item.value for item in node.body if isinstance(item, ast.Assign)])
    fields = {
        item.target.id: item
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and last_name(item.annotation) != "ClassVar"
    }
    if not fields:
        return {"type": "object"}
    properties = {name: _any_of(item.annotation, classes, within) for name, item in fields.items()}
    partial = any(key.arg == "total" and getattr(key.value, "value", True) is False for key in node.keywords)
    required = [
        name
        for name, item in fields.items()
        if item.value is None and last_name(item.annotation) != "NotRequired" and not partial
    ]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
