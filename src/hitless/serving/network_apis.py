"""Decides which input or output of a bare network is which property of an api. Pure: declarations in, a table out.

Inputs: a property and an input of the same name; or the sole property and the sole input, whatever their names.
Outputs: by name; else, for a sole property, the only output that fits its type; else, for the only integer that is
left, the place of the highest of the only scores [N, K] there are. A request without properties has the names of the
inputs, a reply without properties the names of the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hitless.errors import Problem
from hitless.serving.tensors import TEXT, Tensor
from hitless.spec.contract import Api, Payload

MAX_BATCH = 32
WHOLE = None  # the name of a result that is the whole reply


class Form(Enum):
    """What becomes of an output: as it is, one value for each item, or the place of its highest value."""

    PLAIN = "plain"
    SCALAR = "scalar"
    ARGMAX = "argmax"


@dataclass(frozen=True)
class Result:
    """One property of the reply, and where it comes from."""

    property: str | None
    output: Tensor
    form: Form


@dataclass(frozen=True)
class NetworkApi:
    """One api of the contract as a call of the network: `inputs` by property."""

    api: Api
    inputs: Mapping[str, Tensor]
    results: tuple[Result, ...]
    max_size: int


def match(api: Api, index: int, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> NetworkApi | list[Problem]:
    """The call that answers an api, or every mismatch of contract and network; `index` is the api's in config.json."""
    place = f"$.apis[{index}]"
    taken, problems = _inputs(properties_of(api.request), inputs, f"{place}.request.data.properties")
    results, more = _results(api.response, outputs, f"{place}.response.data")
    problems += more
    if problems:
        return problems
    batched = _counts_requests(properties_of(api.request), taken, [result.output for result in results])
    return NetworkApi(api, taken, tuple(results), MAX_BATCH if batched else 0)


def properties_of(payload: Payload | None) -> Mapping[str, Mapping[str, Any]]:
    """The schemas of a body's properties by name; empty where the contract names none."""
    properties = ((payload.schema if payload is not None else None) or {}).get("properties") or {}
    return {name: schema if isinstance(schema, Mapping) else {} for name, schema in properties.items()}


# Inputs


def _inputs(
    properties: Mapping[str, Mapping[str, Any]], inputs: Sequence[Tensor], place: str
) -> tuple[Mapping[str, Tensor], list[Problem]]:
    if not properties:
        return {tensor.name: tensor for tensor in inputs}, []
    if len(properties) == len(inputs) == 1:
        found = dict(zip(properties, inputs, strict=True))
    else:
        found = {tensor.name: tensor for tensor in inputs if tensor.name in properties}
    has = _list(inputs)
    problems = [
        Problem("ONNX-4", f"the request has no property for the network's input {tensor}",
                f"Add {tensor.name!r} to the properties.", "config.json", path=place)
        for tensor in inputs if tensor not in found.values()
    ]  # fmt: skip
    problems += [
        Problem("ONNX-5", f"the network has no input for the property {name!r} of the request",
                f"Name it like an input ({has}), or take it away.", "config.json", path=f"{place}.{name}")
        for name in properties if name not in found
    ]  # fmt: skip
    problems += [
        problem for name, tensor in found.items() for problem in _misfit(name, properties[name], tensor, place)
    ]
    return found, problems


def _misfit(name: str, schema: Mapping[str, Any], tensor: Tensor, place: str) -> Iterator[Problem]:
    kind = schema.get("type")
    is_text = tensor.dtype == TEXT
    if kind in ("object", "null") or (is_text and kind in ("file", "number", "integer", "boolean")):
        wanted = "string or array" if is_text else "array, or number for a single one, or file"
    elif not is_text and kind == "string":
        wanted = "array, or number for a single one, or file"
    else:
        return
    yield Problem("ONNX-6", f"the property {name!r} is of the type {kind}, the network's input {tensor} cannot be",
                  f'Write "type": {wanted}.', "config.json", path=f"{place}.{name}")  # fmt: skip


def _counts_requests(
    properties: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, Tensor], outputs: Sequence[Tensor]
) -> bool:
    """Whether the first dimension of everything is open and means: so many items. Then requests can share a call.

    An array for an input of one dimension is one item of open length, not many items.
    """
    symbols = {tensor.shape[0] for tensor in inputs.values() if tensor.shape}
    counting = all(
        _open(tensor) and not (len(tensor.shape) == 1 and properties.get(name, {}).get("type") == "array")
        for name, tensor in inputs.items()
    )
    return bool(inputs) and counting and len(symbols) == 1 and all(o.dtype is None or _open(o) for o in outputs)


def _open(tensor: Tensor) -> bool:
    return bool(tensor.shape) and not isinstance(tensor.shape[0], int)


# Outputs


def _results(payload: Payload | None, outputs: Sequence[Tensor], place: str) -> tuple[list[Result], list[Problem]]:
    schema = (payload.schema if payload is not None else None) or {}
    properties: dict[str | None, Mapping[str, Any]] = dict(properties_of(payload).items())
    if not properties and schema.get("type", "object") != "object":
        properties = {WHOLE: schema}
    if not properties:
        return [Result(tensor.name, tensor, Form.PLAIN) for tensor in outputs], []
    found = dict(_named(properties, outputs)) or dict(_alone(properties, outputs))
    found |= _argmax(properties, outputs, found)
    problems = [_no_output(name, properties[name], outputs, place) for name in properties if name not in found]
    return [Result(name, *found[name]) for name in properties if name in found], problems


Found = tuple[str | None, tuple[Tensor, Form]]


def _named(properties: Mapping[str | None, Mapping[str, Any]], outputs: Sequence[Tensor]) -> Iterator[Found]:
    for tensor in outputs:
        if tensor.name in properties:
            form = form_for(properties[tensor.name].get("type"), tensor)
            if form is not None:
                yield tensor.name, (tensor, form)


def _alone(properties: Mapping[str | None, Mapping[str, Any]], outputs: Sequence[Tensor]) -> Iterator[Found]:
    """The sole property: the only output that fits its type."""
    if len(properties) == 1:
        [(name, schema)] = properties.items()
        fitting = [(tensor, form) for tensor in outputs if (form := form_for(schema.get("type"), tensor)) is not None]
        direct = [(tensor, form) for tensor, form in fitting if form is not Form.ARGMAX]
        if len(direct) == 1:
            yield name, direct[0]


def _argmax(
    properties: Mapping[str | None, Mapping[str, Any]], outputs: Sequence[Tensor], found: Mapping[str | None, Any]
) -> dict[str | None, tuple[Tensor, Form]]:
    """The only integer that no output is: the place of the highest score, where there is one output of scores."""
    missing = [name for name, schema in properties.items() if name not in found and schema.get("type") == "integer"]
    scores = [tensor for tensor in outputs if form_for("integer", tensor) is Form.ARGMAX]
    return {missing[0]: (scores[0], Form.ARGMAX)} if len(missing) == len(scores) == 1 else {}


def form_for(kind: Any, tensor: Tensor) -> Form | None:
    """What makes a value of this type of JSON Schema from an output; None where nothing does."""
    dtype, single = tensor.dtype or "", _is_single(tensor)
    number, whole = dtype.startswith(("float", "int", "uint")), dtype.startswith(("int", "uint"))
    match kind:
        case "integer":
            if whole and single:
                return Form.SCALAR
            return Form.ARGMAX if dtype.startswith("float") and len(tensor.shape) == 2 and not single else None
        case "number":
            return Form.SCALAR if number and single else None
        case "boolean":
            return Form.SCALAR if dtype == "bool" and single else None
        case "string":
            return Form.SCALAR if dtype == TEXT and single else None
        case "object":
            return Form.PLAIN if tensor.dtype is None else None
        case _:
            return Form.PLAIN


def _is_single(tensor: Tensor) -> bool:
    """One value for each item: [N], [N, 1], a scalar."""
    return all(size == 1 for size in tensor.item_shape)


def _no_output(name: str | None, schema: Mapping[str, Any], outputs: Sequence[Tensor], place: str) -> Problem:
    kind = schema.get("type")
    of_type = f" of the type {kind}" if isinstance(kind, str) else ""
    what = "the reply" if name is WHOLE else f"the property {name!r} of the reply"
    return Problem(
        "ONNX-7",
        f"no output of the network makes {what}{of_type}",
        f"Name it like an output that fits it; the network has {_list(outputs)}.",
        "config.json",
        path=place if name is WHOLE else f"{place}.properties.{name}",
    )


def _list(tensors: Sequence[Tensor]) -> str:
    return ", ".join(map(str, tensors))
