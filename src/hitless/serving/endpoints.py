"""Contract × model → the table of endpoints; every mismatch is named at once, and then nothing starts.

Pure: looks at signatures and calls nothing of the model.
"""

from __future__ import annotations

import difflib
import inspect
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hitless.errors import InputError, Problem
from hitless.serving.arguments import Binder, Parameter, parameters_of, takes_any_field
from hitless.serving.validation import Validator
from hitless.spec.contract import JSON, Api, Contract

NOT_SERVED = frozenset({"close", "warmup", "forward"})  # public by custom, but no endpoints


_METHODS = (types.FunctionType, staticmethod, classmethod)


@dataclass(frozen=True)
class Endpoint:
    """One api of the contract bound to one method of the model. `max_size` is 0 for a method that is not batched."""

    api: Api
    method: Callable[..., Any]
    binder: Binder
    max_size: int
    max_wait_s: float
    is_async: bool
    streams: bool

    @property
    def name(self) -> str:
        return endpoint_name(self.api)

    @property
    def declared(self) -> str:
        """The media type of its answers, by the contract."""
        return self.api.response.content_type if self.api.response is not None else JSON


def endpoint_name(api: Api) -> str:
    """How logs and metrics call an api: `POST /greet`."""
    return f"{api.method} {api.url}"


def bind(contract: Contract, model: object, *, validation: bool = True, file: str = "model.py") -> list[Endpoint]:
    """The endpoints in the contract's order. InputError names every mismatch of contract and code."""
    own, methods = served_methods(model), offered_methods(model)
    names = [method_for(api, methods, contract.apis) for api in contract.apis]
    problems: list[Problem] = []
    endpoints: list[Endpoint] = []
    for index, (api, name) in enumerate(zip(contract.apis, names, strict=True)):
        if name is None:
            problems.append(_no_method(api, index, own, file))
            continue
        try:
            endpoints.append(_endpoint(api, index, name, methods[name], file, validation=validation))
        except InputError as error:
            problems += error.problems
    problems += [_unreached(name, own[name], file) for name in own if name not in names]
    if problems:
        raise InputError(problems)
    return endpoints


def served_methods(model: object) -> dict[str, Callable[..., Any]]:
    """The public methods that the model's own module defines (not those of a framework's base class).

    A bare network has no code to look at: it brings them as `served_methods`, and each its `parameters`.
    """
    if hasattr(model, "served_methods"):
        return offered_methods(model)
    own = type(model).__module__
    defined = {name for base in type(model).__mro__ if base.__module__ == own for name in vars(base)}
    return {name: method for name, method in offered_methods(model).items() if name in defined}


def offered_methods(model: object) -> dict[str, Callable[..., Any]]:
    """Every public method, inherited ones as well: what an api may name."""
    given = getattr(model, "served_methods", None)
    if given is not None:
        return dict(given)
    names: dict[str, None] = {}
    for base in type(model).__mro__[:-1]:
        names.update(dict.fromkeys(vars(base)))
    methods = {}
    for name in names:
        static = inspect.getattr_static(type(model), name, None)
        if not name.startswith("_") and name not in NOT_SERVED and isinstance(static, _METHODS):
            methods[name] = getattr(model, name)
    return methods


def method_for(api: Api, methods: Mapping[str, Callable[..., Any]], apis: Iterable[Api]) -> str | None:
    """The name of the method that answers an api: declared by `@api`, else after the url (`/` is `predict`).

    Where one url has several apis, `get_items` goes before `items` for GET /items.
    """
    for name, method in methods.items():
        verb = getattr(method, "method", None)
        if _declared_url(method) == api.url and (verb is None or str(verb).upper() == api.method):
            return name
    plain = re.sub(r"\W+", "_", api.url.strip("/")) or "predict"
    shared = sum(other.url == api.url for other in apis) > 1
    candidates = [f"{api.method.lower()}_{plain}"] if shared else []
    for candidate in [*candidates, plain]:
        if candidate in methods and not hasattr(methods[candidate], "url"):
            return candidate
    return None


def _declared_url(method: Callable[..., Any]) -> str | None:
    url = getattr(method, "url", None)
    return "/" + url.lstrip("/") if isinstance(url, str) else None


def _endpoint(api: Api, index: int, name: str, method: Callable[..., Any], file: str, *, validation: bool) -> Endpoint:
    problems: list[Problem] = []
    max_size, max_wait_s, parameters, validator = 0, 0.0, tuple[Parameter, ...](), None
    try:
        max_size, max_wait_s = _batching(method)
        parameters = _parameters(method, api, batched=max_size > 0)
    except (TypeError, ValueError) as error:
        problems.append(_bad_method(name, method, error, file))
    problems += _mismatches(api, index, name, method, parameters, file)
    try:
        schema = api.request.schema if api.request is not None else None
        validator = _validator(schema) if validation and schema else None
    except ValueError as error:
        problems.append(_bad_schema(api, index, error))
    if problems:
        raise InputError(problems)
    function = inspect.unwrap(method)
    return Endpoint(
        api=api,
        method=method,
        binder=Binder(api, parameters, validator, any_field=takes_any_field(method)),
        max_size=max_size,
        max_wait_s=max_wait_s,
        is_async=inspect.iscoroutinefunction(function),
        streams=inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function),
    )


def _batching(method: Callable[..., Any]) -> tuple[int, float]:
    """(max_size, max_wait in seconds) that a method declares; (0, 0.0) for one that is not batched."""
    size, wait_ms = getattr(method, "max_size", 0), getattr(method, "max_wait_ms", 0)
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"max_size is {size!r}, and should be a whole number of at least 1")
    if not isinstance(wait_ms, int | float) or not 0 <= wait_ms <= 60_000:
        raise ValueError(f"max_wait_ms is {wait_ms!r}, and should be milliseconds from 0 to 60000")
    return size, wait_ms / 1000


def _parameters(method: Callable[..., Any], api: Api, *, batched: bool) -> tuple[Parameter, ...]:
    given: tuple[Parameter, ...] | None = getattr(method, "parameters", None)
    found = given if given is not None else parameters_of(method, api, batched=batched)
    by_name = [parameter.name for parameter in found if parameter.keyword_only]
    if batched and (by_name or takes_any_field(method)):
        raise ValueError("a batched method has no keyword-only parameters and no **fields")
    return found


def _validator(schema: Mapping[str, Any]) -> Validator | None:
    try:
        return Validator(schema)
    except ImportError:
        return None  # jsonschema-rs is optional in an image; `hitless serve --explain` and the log say so


def _mismatches(
    api: Api, index: int, name: str, method: Callable[..., Any], parameters: Iterable[Parameter], file: str
) -> Iterable[Problem]:
    """Required parameters that the request schema lacks."""
    schema = api.request.schema if api.request is not None else None
    properties = (schema or {}).get("properties")
    if not properties:
        return []
    return [
        Problem(
            "BIND-2",
            f"{name}() needs the argument {parameter.name!r}, which the request of {endpoint_name(api)} does not have",
            f"Add {parameter.name!r} to the properties of the request's data (it has: {', '.join(properties)}), "
            f"give the parameter a default, or rename it.",
            file,
            _line_of(method),
            path=f"$.apis[{index}].request.data.properties",
        )
        for parameter in parameters
        if parameter.required and not parameter.convert.is_request and parameter.name not in properties
    ]


def _no_method(api: Api, index: int, methods: Mapping[str, Any], file: str) -> Problem:
    wanted = re.sub(r"\W+", "_", api.url.strip("/")) or "predict"
    near = difflib.get_close_matches(wanted, methods, 1)
    hint = f'Did you mean the url "{"/" if near[0] == "predict" else "/" + near[0]}"? Else write' if near else "Write"
    return Problem(
        "BIND-1",
        f"{endpoint_name(api)}: the model has no method for it (it has: {', '.join(methods) or 'none'})",
        f'{hint} a method {wanted}(self, …), or mark one with @api("{api.url}").',
        file,
        path=f"$.apis[{index}]",
    )


def _unreached(name: str, method: Callable[..., Any], file: str) -> Problem:
    return Problem(
        "BIND-3",
        f"no api of config.json reaches the method {name}()",
        f'Add an api with the url "{_declared_url(method) or "/" + name}" to config.json, '
        f"or call it _{name} if it is not to be served.",
        file,
        path="$.apis",
    )


def _bad_method(name: str, method: Callable[..., Any], error: Exception, file: str) -> Problem:
    return Problem(
        "BIND-5",
        f"{name}() cannot be served: {error}",
        "Annotate with bytes, str, numbers, list, dict, numpy.ndarray, PIL.Image.Image, Upload, Request, or nothing.",
        file,
        _line_of(method),
    )


def _bad_schema(api: Api, index: int, error: Exception) -> Problem:
    return Problem(
        "BIND-4",
        f"{endpoint_name(api)}: the schema of the request is none: {error}",
        "`hitless config check` shows what is wrong with it.",
        "config.json",
        path=f"$.apis[{index}].request.data",
    )


def _line_of(method: Callable[..., Any]) -> int | None:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return code.co_firstlineno if code is not None else None
