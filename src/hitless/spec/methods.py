"""One method of a model, as syntax → the api that it is meant to be. Nothing is imported or executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART, Api, Payload
from hitless.spec.hints import (
    Classes,
    alternatives,
    arguments,
    is_file,
    json_constant,
    last_name,
    parameter_schema,
    result_schema,
    unquoted,
)

STREAMS = ("Iterator", "Generator", "AsyncIterator", "AsyncGenerator", "AsyncIterable")
OCTETS = "application/octet-stream"
RAW_RESULTS = {"bytes", "bytearray", "memoryview"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class MethodDraft:
    """A public method of the class whose `lineage` (itself, then its bases) is given."""

    def __init__(self, method: Function, lineage: Sequence[ast.ClassDef], classes: Classes) -> None:
        self.method, self.classes = method, classes
        self.declared = _attributes(method, lineage)
        self.batched = "max_size" in self.declared
        static = "staticmethod" in map(last_name, method.decorator_list)
        positional = (method.args.posonlyargs + method.args.args)[0 if static else 1 :]  # without self
        parameters = [*positional, *method.args.kwonlyargs]
        self.parameters = [argument for argument in parameters if last_name(argument.annotation) != "Request"]
        self.defaults = _defaults(method, positional)
        self.has_file = any(is_file(self._one(argument.annotation)) for argument in self.parameters)

    @property
    def url(self) -> str:
        declared = self.declared.get("url")
        if isinstance(declared, str):
            return "/" + declared.lstrip("/")
        return "/" if self.method.name == "predict" else f"/{self.method.name}"

    @property
    def verb(self) -> str:
        declared = self.declared.get("method")
        if isinstance(declared, str):
            return declared.upper()
        return "POST" if self.parameters or self.method.args.kwarg else "GET"

    def api(self) -> Api:
        return Api(self.url, self.verb, request=self._request(), response=self._response())

    def _request(self) -> Payload | None:
        if not self.parameters:
            return None
        properties = {argument.arg: self._parameter(argument) for argument in self.parameters}
        required = [name for name in properties if name not in self.defaults]
        schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        return Payload(MULTIPART if self.has_file else JSON, schema)

    def _parameter(self, argument: ast.arg) -> dict[str, Any]:
        schema = parameter_schema(self._one(argument.annotation), self.classes)
        try:
            default = json_constant(self.defaults[argument.arg])
        except (KeyError, ValueError):
            return schema
        return schema if default is None else {**schema, "default": default}

    def _response(self) -> Payload | None:
        hint = self.method.returns
        if any(last_name(part) in STREAMS for part in alternatives(hint)) or _yields(self.method):
            return Payload(EVENT_STREAM)
        hint = self._one(hint)
        if {last_name(part) for part in alternatives(hint)} & RAW_RESULTS:
            return Payload(OCTETS)
        schema = result_schema(hint, self.classes)
        return Payload(JSON, schema) if schema else None

    def _one(self, hint: ast.expr | None) -> ast.expr | None:
        """Of a batched method's list, the one element that a request gives or gets."""
        hint = unquoted(hint)
        if not self.batched:
            return hint
        return arguments(hint)[0] if isinstance(hint, ast.Subscript) else None


def _defaults(method: Function, positional: Sequence[ast.arg]) -> dict[str, ast.expr]:
    """The default of each parameter that has one."""
    last = reversed([argument.arg for argument in positional])
    defaults = dict(zip(last, reversed(method.args.defaults), strict=False))
    named = zip(method.args.kwonlyargs, method.args.kw_defaults, strict=True)
    return defaults | {argument.arg: value for argument, value in named if value is not None}


def _attributes(method: Function, lineage: Sequence[ast.ClassDef]) -> dict[str, Any]:
    """What decorators (`@api("/greet")`, `@batched(max_size=8)`) or assignments (`predict.max_size = 8`) say.

    A value that is no literal is None.
    """
    said: dict[str, Any] = {}
    for decorator in method.decorator_list:
        if last_name(decorator) == "batched":
            said["max_size"] = None
        if last_name(decorator) == "api" and isinstance(decorator, ast.Call):
            named = [(key.arg, key.value) for key in decorator.keywords if key.arg in ("url", "method")]
            said |= {str(key): _literal(value) for key, value in [*zip(["url"], decorator.args, strict=False), *named]}
    for target, value in (pair for node in lineage for pair in _assignments(node)):
        if isinstance(target, ast.Attribute) and last_name(target.value) == method.name:
            said[target.attr] = _literal(value)
    return said


def _assignments(node: ast.ClassDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    """`a.x, a.y = 1, 2` → (a.x, 1), (a.y, 2)."""
    for item in (item for item in node.body if isinstance(item, ast.Assign)):
        for target in item.targets:
            if isinstance(target, ast.Tuple) and isinstance(item.value, ast.Tuple):
                yield from zip(target.elts, item.value.elts, strict=False)
            else:
                yield target, item.value


def _literal(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _yields(method: Function) -> bool:
    """Whether the method itself, not a function inside of it, yields."""
    waiting: list[ast.AST] = list(method.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return False
