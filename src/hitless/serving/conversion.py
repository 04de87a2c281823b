"""An annotation → how a value of it is made from a form's parts, a JSON value or a query's text.

Pure. What is not a builtin is recognised by name, so that numpy and Pillow are imported only by models that use them.
Every converter raises ValueError with what the value should have been; an annotation that no request can satisfy is
a TypeError at start.
"""

from __future__ import annotations

import base64
import binascii
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hitless.serving import pictures
from hitless.serving.multipart import Part
from hitless.serving.request import Request, Upload


@dataclass(frozen=True)
class Converter:
    """The three ways to a value. `raw_file`: a file's bytes, unchanged; `is_request`: the whole request instead."""

    from_parts: Callable[[Sequence[Part]], Any]
    from_json: Callable[[Any], Any]
    from_text: Callable[[str], Any]
    raw_file: bool = False
    is_request: bool = False


def converter_for(hint: Any, schema: Mapping[str, Any] | None) -> Converter:
    """The converter for one parameter; `schema` is the contract's, in the house dialect, for one without annotation."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if hint in (Any, None) or isinstance(hint, typing.TypeVar):
        return _unannotated(schema or {})
    optional, plain = _without_none(hint)
    if plain is Request:
        return Converter(_never, _never, _never, is_request=True)
    if _is_file(plain):
        return _optional(_file(plain)) if optional else _file(plain)
    if typing.get_origin(plain) is list and _is_file(typing.get_args(plain)[0]):
        return _files(_file(typing.get_args(plain)[0]))
    if plain is str:
        return Converter(lambda parts: _text(parts[0]), _typed(hint), str)
    return _json_typed(hint)


def _without_none(hint: Any) -> tuple[bool, Any]:
    """Optional[X] → (True, X)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            return True, rest[0]
    return False, hint


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
        return Converter(lambda parts: parts[0].value, _from_base64, _from_base64, raw_file=True)
    if hint is Upload:
        return Converter(
            lambda parts: Upload(parts[0].value, parts[0].filename, parts[0].content_type),
            lambda value: Upload(_from_base64(value), None, None),
            lambda value: Upload(_from_base64(value), None, None),
        )
    if _is_array(hint):
        dtype = _dtype(hint)
        return Converter(
            lambda parts: pictures.array_of_file(parts[0].value, dtype),
            lambda value: pictures.array_of_json(value, dtype),
            lambda text: pictures.array_of_json(_decode(text), dtype),
        )
    return Converter(
        lambda parts: pictures.picture(parts[0].value),
        lambda value: pictures.picture(_from_base64(value)),
        lambda value: pictures.picture(_from_base64(value)),
    )


def _dtype(hint: Any) -> Any:
    """numpy.ndarray[shape, numpy.dtype[float32]] → float32; None where it is not said."""
    for argument in typing.get_args(hint):
        if _name(argument) == "numpy.dtype":
            element = (*typing.get_args(argument), None)[0]
            return element if isinstance(element, type) and element is not Any else None
    return None


def _optional(one: Converter) -> Converter:
    """The same, and null is None."""
    return Converter(
        one.from_parts, lambda value: None if value is None else one.from_json(value), one.from_text, one.raw_file
    )


def _files(one: Converter) -> Converter:
    """A list of files: every part of that name."""

    def from_json(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("is to be an array")
        return [one.from_json(element) for element in value]

    return Converter(
        lambda parts: [one.from_parts((part,)) for part in parts], from_json, lambda text: [one.from_text(text)]
    )


# JSON values


def _unannotated(schema: Mapping[str, Any]) -> Converter:
    """By the contract: a file is bytes, text is text, anything else is JSON."""
    kind = schema.get("type")
    if kind == "file":
        return _file(bytes)
    items = schema.get("items")
    element = items[0] if isinstance(items, list) and len(items) == 1 else items

    def from_text(text: str) -> Any:
        return text if kind in (None, "string") else _decode(text)

    def from_part(part: Part) -> Any:
        return from_text(_text(part)) if part.filename is None else part.value

    def from_parts(parts: Sequence[Part]) -> Any:
        if kind == "array" and isinstance(element, Mapping) and not _is_json_array(parts):
            return [_unannotated(element).from_parts((part,)) for part in parts]
        return from_part(parts[0])

    return Converter(from_parts, lambda value: value, from_text)


def _json_typed(hint: Any) -> Converter:
    """What msgspec can make of JSON: numbers, lists, dicts, dataclasses, TypedDicts, literals, enums, dates …"""
    _check_hint(hint)
    check, plain = _typed(hint), _without_none(hint)[1]
    collects = (typing.get_origin(plain) or plain) in (list, tuple, set, frozenset, Sequence)

    def from_text(text: str) -> Any:
        try:
            return check(_decode(text.strip()))
        except ValueError:
            return _loose(text.strip(), hint)

    def from_parts(parts: Sequence[Part]) -> Any:
        if collects and not _is_json_array(parts):
            return _loose([_text(part) for part in parts], hint)
        return from_text(_text(parts[0]))

    return Converter(from_parts, check, from_text)


def _check_hint(hint: Any) -> None:
    """TypeError for an annotation that no JSON value can become."""
    msgspec.json.Decoder(hint)
    if isinstance(msgspec.inspect.type_info(hint), msgspec.inspect.CustomType):
        raise TypeError(f"no request can hold a {getattr(hint, '__name__', hint)}")


def _is_json_array(parts: Sequence[Part]) -> bool:
    return len(parts) == 1 and parts[0].filename is None and parts[0].value.lstrip().startswith(b"[")


def _typed(hint: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return check


def _loose(value: Any, hint: Any) -> Any:
    """From text that is no JSON: "1" is a number where one is wanted, "red" a literal."""
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


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
