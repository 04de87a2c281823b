"""Request body and query → the method's arguments, by name and by annotation; decided once, at start, for each method.

Raises Rejected: 400 for a body that cannot be read, 422 (naming the field) for one that breaks the contract's schema
or does not fit an annotation, 415 for a media type that the contract does not take.
"""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hitless.serving.conversion import Converter, converter_for
from hitless.serving.exchange import Exchange
from hitless.serving.multipart import FormError, Part, boundary_of, parse_multipart, parse_urlencoded
from hitless.serving.request import Rejected
from hitless.serving.validation import Validator
from hitless.spec.contract import JSON, MULTIPART, WITHOUT_BODY, Api

URLENCODED = "application/x-www-form-urlencoded"

Bound = tuple[tuple[Any, ...], dict[str, Any]]  # positional arguments, keyword arguments

Query = Mapping[str, list[Part]]

_MISSING = object()
_MOST_SPELLINGS = 32
_WITHOUT_BODY = frozenset(method.encode() for method in WITHOUT_BODY)


@dataclass(frozen=True)
class Parameter:
    """One argument of a method, and how it is made from a form's part or from a JSON value."""

    name: str
    required: bool
    default: Any
    convert: Converter
    keyword_only: bool = False


def parameters_of(method: Callable[..., Any], api: Api, *, batched: bool) -> tuple[Parameter, ...]:
    """The parameters of a bound method. A batched one takes a list of what its annotation's list holds.

    TypeError names a parameter whose annotation no request can satisfy.
    """
    hints = _hints(method)
    schema = api.request.schema if api.request is not None else None
    properties = (schema or {}).get("properties") or {}
    found = []
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        hint = hints.get(name, Any)
        if batched:
            hint = _element_of(hint)
        required = parameter.default is parameter.empty
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        try:
            convert = converter_for(hint, properties.get(name))
        except TypeError as error:
            raise TypeError(f"{name}: {getattr(hint, '__name__', hint)} ({error})") from None
        found.append(Parameter(name, required, parameter.default, convert, keyword_only))
    return tuple(found)


def takes_any_field(method: Callable[..., Any]) -> bool:
    """Whether the method has `**fields`."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values())


def _element_of(hint: Any) -> Any:
    """list[X], Sequence[X] → X; what a batched parameter holds for one request."""
    if typing.get_origin(hint) in (list, Sequence, Iterable):
        return (*typing.get_args(hint), Any)[0]
    return Any


def _hints(method: Callable[..., Any]) -> Mapping[str, Any]:
    """The annotations that can be evaluated; one that names what exists for type checkers only counts as none."""
    function = inspect.unwrap(method)
    names = getattr(function, "__globals__", {})
    hints = {}
    for name, hint in getattr(function, "__annotations__", {}).items():
        with contextlib.suppress(Exception):
            hints[name] = eval(hint, names) if isinstance(hint, str) else hint  # noqa: S307 (the model's own code)
    return hints


class Binder:
    """Makes the arguments of one endpoint. `bind` is called for every request."""

    def __init__(
        self, api: Api, parameters: tuple[Parameter, ...], validator: Validator | None, *, any_field: bool = False
    ) -> None:
        self.parameters = parameters
        self._any_field = any_field
        self._validator = validator
        self._declared = api.request.content_type if api.request is not None else None
        self._schema = (api.request.schema if api.request is not None else None) or {}
        self._taken: set[bytes] = set()  # media types that were found right, as they are spelled
        self._only_file = self._single_file()

    def check(self, content_type: bytes | None, *, has_body: bool) -> None:
        """Raise Rejected (415) for a media type that the contract does not take."""
        if not has_body or content_type is None or self._declared is None:
            return
        spelling = content_type.partition(b";")[0]
        if spelling in self._taken:
            return
        self._judge(_media_type(content_type))
        if len(self._taken) < _MOST_SPELLINGS:
            self._taken.add(spelling)

    def _judge(self, kind: str) -> None:
        if kind == self._declared or (self._declared == JSON and kind.endswith("+json")):
            return
        if self._declared == MULTIPART and kind == URLENCODED:
            return
        hint = (
            " (with curl: -F name=@file)" if self._declared == MULTIPART else f" (with curl: -H 'Content-Type: {JSON}')"
        )
        raise Rejected(415, f"Content-Type {kind} is not taken here: send {self._declared}{hint}.")

    def bind(self, exchange: Exchange) -> Bound:
        """Positional arguments in the order of the parameters, and the rest for `**fields`."""
        kind = exchange.content_type
        if self._only_file is not None and kind is not None and kind[:19].lower() == b"multipart/form-data":
            parts = _form(exchange.body, kind)
            if len(parts) == 1 and parts[0].name == self._only_file.name and parts[0].filename is not None:
                return (parts[0].value,), {}
        return self._bind(exchange, kind)

    def _single_file(self) -> Parameter | None:
        """The parameter, where the method takes the bytes of one file and nothing else: the quick path."""
        if len(self.parameters) != 1 or self._any_field or not self.parameters[0].convert.raw_file:
            return None
        extra = set(self._schema) - {"type", "properties", "required"}
        properties = self._schema.get("properties") or {}
        plain = set(properties) <= {self.parameters[0].name} and not extra
        return self.parameters[0] if plain else None

    def _bind(self, exchange: Exchange, content_type: bytes | None) -> Bound:
        if not exchange.body and (content_type is None or exchange.method in _WITHOUT_BODY):
            return self._from_query(exchange)
        kind = _media_type(content_type) if content_type is not None else self._declared or ""
        if kind == MULTIPART:
            return self._from_parts(_form(exchange.body, content_type or b""), exchange)
        if kind == URLENCODED:
            return self._from_parts(_urlencoded(exchange.body), exchange)
        if kind == JSON or kind.endswith("+json"):
            return self._from_json(exchange)
        return self._from_whole([Part("", exchange.body, "", kind)], exchange)

    def _from_query(self, exchange: Exchange) -> Bound:
        if self._validator is not None:
            self._validator.check_form(_query(exchange))
        return self._from_fields({}, exchange)

    def _from_parts(self, parts: list[Part], exchange: Exchange) -> Bound:
        fields: dict[str, list[Part]] = {}
        for part in parts:
            fields.setdefault(part.name, []).append(part)
        if self._validator is not None:
            self._validator.check_form(fields)
        return self._from_fields(fields, exchange)

    def _from_json(self, exchange: Exchange) -> Bound:
        value = _json(exchange.body)
        if self._validator is not None:
            self._validator.check(value)
        if isinstance(value, dict) and not self._takes_whole(value):
            return self._from_fields(value, exchange)
        return self._from_whole(value, exchange)

    def _takes_whole(self, value: Mapping[str, Any]) -> bool:
        """A sole parameter gets the body itself where neither the contract nor the body knows its name."""
        takers = self._takers()
        if self._any_field or self._schema.get("properties") or not value:
            return False
        return takers[0].name not in value if len(takers) == 1 else not takers and bool(self.parameters)

    def _takers(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if not parameter.convert.is_request]

    def _from_whole(self, value: Any, exchange: Exchange) -> Bound:
        takers = self._takers()
        if not takers and self.parameters:
            return self._from_fields({}, exchange)  # the Request has it
        if len(takers) != 1:
            names = ", ".join(parameter.name for parameter in takers) or "none"
            raise Rejected(422, f"The body is to be an object with the fields: {names}.")
        return self._from_fields({takers[0].name: value}, exchange)

    def _from_fields(self, fields: Mapping[str, Any], exchange: Exchange) -> Bound:
        query: Query = _query(exchange) if exchange.query else {}
        values: list[Any] = []
        keywords: dict[str, Any] = self._rest(fields, query) if self._any_field else {}
        errors = []
        for parameter in self.parameters:
            try:
                value = _value(parameter, fields, query, exchange)
                if parameter.keyword_only:
                    keywords[parameter.name] = value
                else:
                    values.append(value)
            except ValueError as error:
                errors.append((parameter.name, str(error)))
        if errors:
            sentence = "; ".join(f"{name}: {detail}" for name, detail in errors)
            raise Rejected(422, f"The request does not fit: {sentence}.", errors=tuple(errors))
        return tuple(values), keywords

    def _rest(self, fields: Mapping[str, Any], query: Query) -> dict[str, Any]:
        names = {parameter.name for parameter in self.parameters}
        return {
            name: _plain(value) for source in (query, fields) for name, value in source.items() if name not in names
        }


def _value(parameter: Parameter, fields: Mapping[str, Any], query: Query, exchange: Exchange) -> Any:
    convert = parameter.convert
    if convert.is_request:
        return exchange.request()
    value = fields.get(parameter.name, query.get(parameter.name, _MISSING))
    if value is _MISSING:
        if parameter.required:
            raise ValueError("is missing")
        return parameter.default
    return convert.from_parts(value) if _is_parts(value) else convert.from_json(value)


def _is_parts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Part)


def _plain(value: Any) -> Any:
    """A field for `**fields`: text of a form as str, a file as bytes."""
    if not _is_parts(value):
        return value
    plain = [part.value if part.filename is not None else part.value.decode("utf-8", "replace") for part in value]
    return plain[0] if len(plain) == 1 else plain


def _query(exchange: Exchange) -> Query:
    """The query as the fields of a form."""
    fields: dict[str, list[Part]] = {}
    try:
        for name, value in exchange.query_fields():
            fields.setdefault(name, []).append(Part(name, value.encode("utf-8", "replace"), None, None))
    except ValueError:
        raise Rejected(400, "The query has too many fields.") from None
    return fields


def _form(body: bytes, content_type: bytes) -> list[Part]:
    try:
        return parse_multipart(body, boundary_of(content_type))
    except FormError as error:
        raise Rejected(400, f"The form cannot be read: {error}") from None


def _urlencoded(body: bytes) -> list[Part]:
    try:
        return parse_urlencoded(body)
    except FormError as error:
        raise Rejected(400, f"The form cannot be read: {error}") from None


def _json(body: bytes) -> Any:
    if not body:
        raise Rejected(400, "The body is empty; it is to be JSON.")
    try:
        return _decoder.decode(body)
    except RecursionError:
        raise Rejected(400, "The body is not readable JSON: it is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected(400, f"The body is not JSON: {error}.") from None


_decoder = msgspec.json.Decoder()


def _media_type(content_type: bytes) -> str:
    return content_type.partition(b";")[0].strip().lower().decode("latin-1")
