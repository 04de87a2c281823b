"""An annotation → how a value of it is made from the parts of a form or a query, or from JSON.

Pure. What is not a builtin is recognised by name, so that numpy and Pillow are imported only by models that use them.
Every converter raises ValueError with what the value should have been; an annotation that no request can satisfy is
a TypeError at start.
"""

from __future__ import annotations

import base64
import binascii
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hitless.serving import pictures
from hitless.serving.multipart import Part
from hitless.serving.request import Request, Upload


@dataclass(frozen=True)
class Converter:
    """The two ways to a value: from the parts of a form, a body or a query, and from JSON.

    `raw_file`: a file's bytes, unchanged; `is_request`: the whole request instead.
    """

    from_parts: Callable[[Sequence[Part]], Any]
    from_json: Callable[[Any], Any]
    raw_file: bool = False
    is_request: bool = False


def converter_for(hint: Any, schema: Mapping[str, Any] | None) -> Converter:
    """The converter for one parameter; `schema` is the contract's, in the house dialect, for one without annotation."""
    optional, plain = _without_none(hint)
    if plain in (Any, None, object) or isinstance(plain, typing.TypeVar):
        return _unannotated(schema or {})
    if plain is Request:
        return Converter(_never, _never, is_request=True)
    if _is_file(plain):
        return _optional(_file(plain)) if optional else _file(plain)
    element = _without_none((*typing.get_args(plain), None)[0])[1]
    if typing.get_origin(plain) in _SEQUENCES and _is_file(element):
        return _files(_file(element), tuple if typing.get_origin(plain) is tuple else list)
    if plain is str:
        return Converter(lambda parts: _text(parts[0]), _typed(hint))
    return _json_typed(hint)


_SEQUENCES = (list, tuple, Sequence, Iterable)


def _without_none(hint: Any) -> tuple[bool, Any]:
    """Optional[X] → (True, X); Annotated[X, …] → (False, X)."""
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            optional, hint = True, rest[0]
    if typing.get_origin(hint) is typing.Annotated:
        inner, hint = _without_none(typing.get_args(hint)[0])
        optional = optional or inner
    return optional, hint


# Files, pictures, arrays


def _name(hint: Any) -> str:
    base = typing.get_origin(hint) or hint
    return f"{getattr(base, '__module__', '')}.{getattr(base, '__qualname__', '')}"


def _is_array(hint: Any) -> bool:
    """numpy.ndarray, or numpy.typing.NDArray[…]."""
    return _name(hint) == "numpy.ndarray"


def _is_file(hint: Any) -> bool:
    return hint in (bytes, Upload) or _is_array(hint) or _name(hint) == "PIL.Image.Image"


def _file(hint: Any) -> Converter:
    if hint is bytes:
        return Converter(lambda parts: parts[0].value, _from_base64, raw_file=True)
    if hint is Upload:
        return Converter(
            lambda parts: Upload(parts[0].value, parts[0].filename, parts[0].content_type),
            lambda value: Upload(_from_base64(value), None, None),
        )
    if _is_array(hint):
        return _array(_dtype(hint))
    return Converter(
        lambda parts: pictures.picture(parts[0].value), lambda value: pictures.picture(_from_base64(value))
    )


def _array(dtype: Any) -> Converter:
    def from_parts(parts: Sequence[Part]) -> Any:
        if parts[0].filename is None:
            return pictures.array_of_json(_decode(_text(parts[0])), dtype)
        return pictures.array_of_file(parts[0].value, dtype)

    return Converter(from_parts, lambda value: pictures.array_of_json(value, dtype))


def _dtype(hint: Any) -> Any:
    """numpy.ndarray[shape, numpy.dtype[float32]] → float32; None where it is not said."""
    for argument in typing.get_args(hint):
        if _name(argument) == "numpy.dtype":
            element = (*typing.get_args(argument), None)[0]
            return element if isinstance(element, type) and element is not Any else None
    return None


def _optional(one: Converter) -> Converter:
    """The same, and null is None."""
    return Converter(one.from_parts, lambda value: None if value is None else one.from_json(value), one.raw_file)


def _files(one: Converter, kind: type) -> Converter:
    """A list or tuple of files: every part of that name."""

    def from_json(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("is to be an array")
        return kind(one.from_json(element) for element in value)

    return Converter(lambda parts: kind(one.from_parts((part,)) for part in parts), from_json)


# JSON values


def _unannotated(schema: Mapping[str, Any]) -> Converter:
    """By the contract: a file is bytes, text is text, anything else is JSON."""
    kind = schema.get("type")
    if kind == "file":
        return _file(bytes)
    items = schema.get("items")
    element = items[0] if isinstance(items, list) and len(items) == 1 else items

    def from_part(part: Part) -> Any:
        if part.filename is not None:
            return part.value
        return _text(part) if kind in (None, "string") else _decode(_text(part))

    def from_parts(parts: Sequence[Part]) -> Any:
        if kind == "array" and isinstance(element, Mapping) and not is_json_array(parts):
            return [_unannotated(element).from_parts((part,)) for part in parts]
        return from_part(parts[0])

    return Converter(from_parts, lambda value: value)


def _json_typed(hint: Any) -> Converter:
    """What msgspec can make of JSON: numbers, lists, dicts, dataclasses, TypedDicts, literals, enums, dates …"""
    _check_hint(hint)
    check, plain = _typed(hint), _without_none(hint)[1]
    collects = (typing.get_origin(plain) or plain) in (*_SEQUENCES, set, frozenset)

    def from_parts(parts: Sequence[Part]) -> Any:
        if collects and not is_json_array(parts):
            return _loose([_element(_text(part)) for part in parts], hint)
        text = _text(parts[0]).strip()
        try:
            value = _decode(text)
        except ValueError:
            return _loose(text, hint)
        if isinstance(value, list | dict):
            return check(value)
        try:
            return check(value)
        except ValueError:
            return _loose(text, hint)

    return Converter(from_parts, check)


def _check_hint(hint: Any) -> None:
    """TypeError for an annotation that no JSON value can become, however deep."""
    msgspec.json.Decoder(hint)
    stack, seen = [msgspec.inspect.type_info(hint)], set[int]()
    while stack:
        info = stack.pop()
        if id(info) in seen:
            continue
        seen.add(id(info))
        if isinstance(info, msgspec.inspect.CustomType):
            raise TypeError(f"no request can hold a {getattr(info.cls, '__name__', info.cls)}")
        inner = [getattr(info, name, None) for name in ("item_type", "key_type", "value_type", "type")]
        stack += [part for part in inner if isinstance(part, msgspec.inspect.Type)]
        for name in ("item_types", "types", "fields"):
            stack += getattr(info, name, ())


def is_json_array(parts: Sequence[Part]) -> bool:
    """Whether parts are one text that is a JSON array, rather than the elements of one."""
    return len(parts) == 1 and parts[0].filename is None and parts[0].value.lstrip().startswith(b"[")


def _typed(hint: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if hint is int and type(value) is float and value.is_integer():
            return int(value)  # 1.0 is an integer in JSON Schema
        try:
            return msgspec.convert(value, hint, str_keys=True)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return check


def _loose(value: Any, hint: Any) -> Any:
    """From text that is no JSON: "1" is a number where one is wanted, "red" a literal."""
    try:
        return msgspec.convert(value, hint, strict=False, str_keys=True)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _element(text: str) -> Any:
    """One of several fields of a list: an object or array is JSON, anything else stays text."""
    return _decode(text) if text.lstrip().startswith(("{", "[")) else text


def _decode(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError(f"{text[:40]!r} is no JSON value") from None


def _text(part: Part) -> str:
    try:
        return part.value.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None


def _from_base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("is to be a file, or base64 text in JSON")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is to be a file, or base64 text in JSON") from None


def _never(_value: Any) -> Any:
    raise ValueError("is the whole request")
