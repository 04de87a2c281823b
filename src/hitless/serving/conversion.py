"""An annotation → how a value of it is made from a form's part, a JSON value or a query's text.

Pure. What is not a builtin is recognised by name, so that numpy and Pillow are imported only by models that use them.
Every converter raises ValueError with what the value should have been.
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
    hint = _not_none(hint)
    if hint in (Any, typing.Any, None) or isinstance(hint, typing.TypeVar):
        hint = bytes if schema is not None and schema.get("type") == "file" else Any
    if hint is Request:
        return Converter(_never, _never, _never, is_request=True)
    if typing.get_origin(hint) is list and _is_file(typing.get_args(hint)[0]):
        return _many(converter_for(typing.get_args(hint)[0], None))
    if _is_file(hint):
        return _file(hint)
    if hint is Any:
        return _any(schema)
    if hint is str:
        return Converter(lambda parts: _text(parts[0]), _typed(str), str)
    return _json_typed(hint)


def _not_none(hint: Any) -> Any:
    """Optional[X] and Annotated[X, …] → X."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _name(hint: Any) -> str:
    base = typing.get_origin(hint) or hint
    return f"{getattr(base, '__module__', '')}.{getattr(base, '__qualname__', '')}"


def is_array(hint: Any) -> bool:
    """numpy.ndarray, or numpy.typing.NDArray[…]."""
    return _name(hint) == "numpy.ndarray"


def _is_picture(hint: Any) -> bool:
    return _name(hint) in ("PIL.Image.Image", "PIL.Image.")


def _is_file(hint: Any) -> bool:
    return hint in (bytes, Upload) or is_array(hint) or _is_picture(hint)


def _file(hint: Any) -> Converter:
    if hint is bytes:
        return Converter(lambda parts: parts[0].value, _from_base64, _from_base64, raw_file=True)
    if hint is Upload:
        return Converter(
            lambda parts: Upload(parts[0].value, parts[0].filename, parts[0].content_type),
            lambda value: Upload(_from_base64(value), None, None),
            lambda value: Upload(_from_base64(value), None, None),
        )
    if is_array(hint):
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
        for inner in typing.get_args(argument):
            if isinstance(inner, type):
                return inner
    return None


def _many(one: Converter) -> Converter:
    def from_json(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("is to be an array")
        return [one.from_json(element) for element in value]

    return Converter(
        lambda parts: [one.from_parts((part,)) for part in parts], from_json, lambda text: [one.from_text(text)]
    )


def _any(schema: Mapping[str, Any] | None) -> Converter:
    kind = schema.get("type") if schema is not None else None

    def from_text(text: str) -> Any:
        return text if kind in (None, "string") else _decode(text)

    def from_parts(parts: Sequence[Part]) -> Any:
        return from_text(_text(parts[0])) if parts[0].filename is None else parts[0].value

    return Converter(from_parts, lambda value: value, from_text)


def _json_typed(hint: Any) -> Converter:
    check = _typed(hint)
    scalar = hint in (int, float, bool)

    def from_text(text: str) -> Any:
        return check(_decode(text.strip().lower() if hint is bool else text.strip() if scalar else text))

    return Converter(lambda parts: from_text(_text(parts[0])), check, from_text)


def _typed(hint: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return check


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
