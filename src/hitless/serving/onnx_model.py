"""A bare model.onnx as a model: its methods come from the contract, and each calls the network.

`network_apis` decides what goes where, `tensors` makes the inputs; this file loads, gathers, runs and hands out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitless.errors import InputError, Problem
from hitless.serving.arguments import Parameter
from hitless.serving.conversion import converter_for
from hitless.serving.endpoints import endpoint_name
from hitless.serving.network_apis import WHOLE, Form, NetworkApi, Result, match, properties_of
from hitless.serving.request import Rejected
from hitless.serving.tensors import DTYPES, Tensor, to_tensor
from hitless.spec.contract import Contract

Run = Callable[[list[str], dict[str, Any]], list[Any]]


class OnnxModel:
    """The network of `path` (a model.onnx) for the apis of `contract`.

    InputError names everything in which the two do not fit, an unreadable network, or a missing onnxruntime.
    """

    def __init__(self, path: Path, contract: Contract) -> None:
        session = _session(path)
        inputs, outputs = (
            [_declared(node) for node in nodes] for nodes in (session.get_inputs(), session.get_outputs())
        )
        problems = [_unknown(tensor, path) for tensor in inputs if tensor.dtype is None]
        methods: list[NetworkMethod] = []
        for index, api in enumerate(contract.apis):
            found = match(api, index, inputs, outputs)
            if isinstance(found, list):
                problems += found
            else:
                methods.append(NetworkMethod(session.run, found))
        if problems:
            raise InputError(problems)
        self.served_methods = {method.__name__: method for method in methods}


def _session(path: Path) -> Any:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before its import; disable_telemetry_events() comes too late
    try:
        import numpy as np  # noqa: F401
        import onnxruntime
    except ImportError as error:
        remedy = "pip install onnxruntime, or write a model.py that runs the network in another way."
        raise InputError([Problem("ONNX-1", f"a bare {path.name} needs onnxruntime: {error}", remedy)]) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # there is a worker for each core already
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no base class of their own
        message = f"the network cannot be loaded: {str(error).strip()[:500]}"
        remedy = f"Is it an ONNX file, whole, and not newer than onnxruntime {onnxruntime.__version__}?"
        raise InputError([Problem("ONNX-2", message, remedy, str(path))]) from error


def _declared(node: Any) -> Tensor:
    return Tensor(node.name, DTYPES.get(node.type), tuple(node.shape))


def _unknown(tensor: Tensor, path: Path) -> Problem:
    remedy = "Write a model.py that makes this input, or export the network with inputs of numbers or text."
    return Problem("ONNX-3", f"the input {tensor.name!r} is of a type that a request cannot carry", remedy, str(path))


@dataclass(frozen=True)
class Item:
    """The inputs of one request. `rows`: its share of a batch; `alone`: it left the first dimension out."""

    feeds: Mapping[str, Any]
    rows: int
    alone: bool

    @property
    def group(self) -> tuple[tuple[int, ...], ...]:
        """Requests of the same group can be one call."""
        return tuple(array.shape[1:] for array in self.feeds.values())


class NetworkMethod:
    """The network as the method of one api; batched, it takes a list for each input."""

    def __init__(self, run: Run, network_api: NetworkApi) -> None:
        api = network_api.api
        self.__name__ = endpoint_name(api)
        self.url, self.method, self.max_size = api.url, api.method, network_api.max_size
        self.parameters = _parameters(network_api)
        self._run = run
        self._inputs = network_api.inputs
        self._results = network_api.results
        self._outputs = list(dict.fromkeys(result.output.name for result in network_api.results))

    def __call__(self, *values: Any) -> Any:
        if self.max_size:
            return self._batch([self._item(row) for row in zip(*values, strict=True)])
        [answer] = self._batch([self._item(values)])
        if isinstance(answer, Rejected):
            raise answer
        return answer

    def _item(self, values: Sequence[Any]) -> Item | Rejected:
        """One request's inputs; what is wrong with each of them at once."""
        feeds, alone, errors = {}, False, []
        for (name, tensor), value in zip(self._inputs.items(), values, strict=True):
            try:
                feeds[tensor.name], left_out = to_tensor(tensor, value)
                alone = alone or left_out
            except ValueError as error:
                errors.append((name, str(error)))
        errors = errors or self._disagreements(feeds)
        if errors:
            sentence = "; ".join(f"{name}: {detail}" for name, detail in errors)
            return Rejected(422, f"The request does not fit the network: {sentence}.", errors=tuple(errors))
        first = next(iter(feeds.values()))
        return Item(feeds, len(first) if first.ndim else 1, alone)

    def _disagreements(self, feeds: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Dimensions of one name have one size, over all inputs of a request."""
        sizes: dict[str, int] = {}
        errors = []
        for name, tensor in self._inputs.items():
            for symbol, size in zip(tensor.shape, feeds[tensor.name].shape, strict=False):
                if isinstance(symbol, str) and sizes.setdefault(symbol, size) != size:
                    errors.append((name, f"has {size} for the dimension {symbol}, another input has {sizes[symbol]}"))
        return errors

    def _batch(self, items: Sequence[Item | Rejected]) -> list[Any]:
        answers: list[Any] = list(items)
        groups: dict[Any, list[int]] = {}
        for place, item in enumerate(items):
            if isinstance(item, Item):
                groups.setdefault(item.group, []).append(place)
        for places in groups.values():
            for place, answer in zip(places, self._together([answers[place] for place in places]), strict=True):
                answers[place] = answer
        return answers

    def _together(self, items: Sequence[Item]) -> list[Any]:
        """Items of one group, in one call; one by one where the network does not keep them apart."""
        if len(items) == 1:
            return [self._answer(self._call(items[0].feeds), items[0].alone)]
        import numpy as np

        names = items[0].feeds
        outputs = self._call({name: np.concatenate([item.feeds[name] for item in items]) for name in names})
        if any(len(output) != sum(item.rows for item in items) for output in outputs.values()):
            return [answer for item in items for answer in self._together([item])]
        answers, start = [], 0
        for item in items:
            share = {name: output[start : start + item.rows] for name, output in outputs.items()}
            answers.append(self._answer(share, item.alone))
            start += item.rows
        return answers

    def _call(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(self._outputs, self._run(self._outputs, dict(feeds)), strict=True))

    def _answer(self, outputs: Mapping[str, Any], alone: bool) -> Any:
        values = {result.property: _value(result, outputs[result.output.name], alone) for result in self._results}
        return values.get(WHOLE, values)


def _value(result: Result, output: Any, alone: bool) -> Any:
    """What a result makes of an output; `alone`: of its only item."""
    if result.form is Form.ARGMAX:
        output = output.argmax(-1)
    elif result.form is Form.SCALAR:
        output = output.reshape(-1) if output.ndim else output[None]
    one = alone or (result.form is Form.SCALAR and not result.output.shape)
    return output[0] if one and _has_one(output) else output


def _has_one(output: Any) -> bool:
    return (not hasattr(output, "ndim") or output.ndim > 0) and len(output) == 1


def _parameters(network_api: NetworkApi) -> tuple[Parameter, ...]:
    """One for each input. They cannot be read from a signature: `input.1` is no name in Python."""
    properties = properties_of(network_api.api.request)
    return tuple(
        Parameter(name, required=True, default=None, convert=converter_for(Any, properties.get(name)))
        for name in network_api.inputs
    )
