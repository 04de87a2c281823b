"""Which input and output of a network is which property of an api, and what is said where none is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hitless.errors import Problem
from hitless.serving.network_apis import MAX_BATCH, WHOLE, Form, NetworkApi, match
from hitless.serving.tensors import TEXT, Tensor
from hitless.spec.contract import Api, Payload

X = Tensor("x", "float32", ("N", 4))
Y = Tensor("y", "float32", ("N", 2))
IMAGE = Tensor("image", "uint8", ("N", 28, 28))
SCORES = Tensor("scores", "float32", ("N", 10))
LABEL = Tensor("label", "int64", ("N",))
LABELS = Tensor("label", "int64", ("N", 1))
VALUE = Tensor("value", "float32", ("N", 1))
YES = Tensor("yes", "bool", ("N",))
WORD = Tensor("word", TEXT, ("N",))
MAPS = Tensor("probabilities", None, ())


def payload(schema: Any) -> Payload | None:
    if schema is None:
        return None
    if not isinstance(schema, dict) or "type" in schema:
        return Payload(schema=schema if isinstance(schema, dict) else None)
    return Payload(schema={"type": "object", "properties": {name: {"type": kind} for name, kind in schema.items()}})


def matched(request: Any, response: Any, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> NetworkApi:
    found = match(Api(request=payload(request), response=payload(response)), 0, inputs, outputs)
    assert isinstance(found, NetworkApi), found
    return found


def mismatches(request: Any, response: Any, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Problem]:
    found = match(Api(request=payload(request), response=payload(response)), 1, inputs, outputs)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("request_", "inputs", "expected"),
    [
        pytest.param({"x": "array"}, [X], {"x": "x"}, id="by-name"),
        pytest.param({"picture": "file"}, [IMAGE], {"picture": "image"}, id="sole-property-sole-input"),
        pytest.param({"y": "array", "x": "array"}, [X, Y], {"x": "x", "y": "y"}, id="two-by-name"),
        pytest.param(None, [X, Y], {"x": "x", "y": "y"}, id="no-request-in-the-contract"),
        pytest.param({}, [X], {"x": "x"}, id="no-properties"),
        pytest.param({"type": "array"}, [X], {"x": "x"}, id="the-body-is-the-array"),
    ],
)
def test_inputs(request_: Any, inputs: list[Tensor], expected: dict[str, str]) -> None:
    found = matched(request_, None, inputs, [SCORES])
    assert {name: tensor.name for name, tensor in found.inputs.items()} == expected


@pytest.mark.parametrize(
    ("response", "outputs", "expected"),
    [
        pytest.param(None, [SCORES, LABEL], [("scores", "scores", Form.PLAIN), ("label", "label", Form.PLAIN)],
                     id="no-response-in-the-contract"),
        pytest.param({}, [LABEL], [("label", "label", Form.PLAIN)], id="no-properties"),
        pytest.param({"scores": "array"}, [SCORES, LABEL], [("scores", "scores", Form.PLAIN)], id="by-name"),
        pytest.param({"label": "integer"}, [SCORES, LABEL], [("label", "label", Form.SCALAR)], id="integer-by-name"),
        pytest.param({"mnist_result": "integer"}, [SCORES, LABEL], [("mnist_result", "label", Form.SCALAR)],
                     id="sole-property-the-output-that-fits"),
        pytest.param({"mnist_result": "integer"}, [SCORES], [("mnist_result", "scores", Form.ARGMAX)], id="argmax"),
        pytest.param({"scores": "integer"}, [SCORES], [("scores", "scores", Form.ARGMAX)], id="argmax-by-name"),
        pytest.param({"best": "integer", "scores": "array"}, [SCORES],
                     [("scores", "scores", Form.PLAIN), ("best", "scores", Form.ARGMAX)], id="argmax-and-the-scores"),
        pytest.param({"label": "integer"}, [LABELS], [("label", "label", Form.SCALAR)], id="label-in-a-column"),
        pytest.param({"price": "number"}, [VALUE], [("price", "value", Form.SCALAR)], id="number"),
        pytest.param({"ok": "boolean"}, [YES, VALUE], [("ok", "yes", Form.SCALAR)], id="boolean"),
        pytest.param({"text": "string"}, [WORD, LABEL], [("text", "word", Form.SCALAR)], id="text"),
        pytest.param({"shares": "object"}, [LABEL, MAPS], [("shares", "probabilities", Form.PLAIN)], id="map"),
        pytest.param({"anything": "array"}, [SCORES], [("anything", "scores", Form.PLAIN)], id="sole-output"),
        pytest.param({"type": "integer"}, [SCORES], [(WHOLE, "scores", Form.ARGMAX)], id="the-reply-is-the-number"),
        pytest.param({"type": "array"}, [SCORES], [(WHOLE, "scores", Form.PLAIN)], id="the-reply-is-the-array"),
    ],
)  # fmt: skip
def test_outputs(response: Any, outputs: list[Tensor], expected: list[tuple[str | None, str, Form]]) -> None:
    found = matched(None, response, [X], outputs)
    rows = [(result.property, result.output.name, result.form) for result in found.results]
    assert sorted(rows, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("request_", "inputs", "outputs", "max_size"),
    [
        pytest.param(None, [X], [SCORES], MAX_BATCH, id="open-first-dimensions"),
        pytest.param(None, [X, Y], [SCORES], MAX_BATCH, id="two-inputs-of-one-dimension"),
        pytest.param(None, [X, Tensor("y", "float32", ("M", 2))], [SCORES], 0, id="dimensions-of-two-names"),
        pytest.param(None, [X, Tensor("limit", "float32", (1,))], [SCORES], 0, id="one-input-is-fixed"),
        pytest.param(None, [Tensor("x", "float32", (1, 4))], [SCORES], 0, id="fixed-batch-of-one"),
        pytest.param(None, [X], [Tensor("mean", "float32", ())], 0, id="output-without-the-dimension"),
        pytest.param(None, [X], [Tensor("y", "float32", (1, 3))], 0, id="output-of-a-fixed-size"),
        pytest.param(None, [X], [MAPS], MAX_BATCH, id="a-list-of-maps"),
        pytest.param(None, [Tensor("x", "float32", ())], [SCORES], 0, id="undeclared-shape"),
        pytest.param({"ids": "array"}, [Tensor("ids", "int64", ("T",))], [SCORES], 0, id="an-array-is-one-item"),
        pytest.param({"age": "number"}, [Tensor("age", "float32", ("N",))], [SCORES], MAX_BATCH, id="numbers"),
    ],
)
def test_which_networks_take_batches(request_: Any, inputs: list[Tensor], outputs: list[Tensor], max_size: int) -> None:
    assert matched(request_, None, inputs, outputs).max_size == max_size


@pytest.mark.parametrize(
    ("request_", "response", "inputs", "outputs", "id_", "path", "message"),
    [
        pytest.param({"x": "array"}, None, [X, Y], [SCORES], "ONNX-4", "$.apis[1].request.data.properties",
                     "the request has no property for the network's input 'y' float32 [N, 2]", id="input-missing"),
        pytest.param({"x": "array", "y": "array", "z": "array"}, None, [X, Y], [SCORES], "ONNX-5",
                     "$.apis[1].request.data.properties.z",
                     "the network has no input for the property 'z' of the request", id="property-too-many"),
        pytest.param({"x": "string"}, None, [X], [SCORES], "ONNX-6", "$.apis[1].request.data.properties.x",
                     "the property 'x' is of the type string, the network's input 'x' float32 [N, 4] cannot be",
                     id="text-for-numbers"),
        pytest.param({"word": "file"}, None, [WORD], [SCORES], "ONNX-6", "$.apis[1].request.data.properties.word",
                     "the property 'word' is of the type file, the network's input 'word' text [N] cannot be",
                     id="file-for-text"),
        pytest.param(None, {"label": "string"}, [X], [LABEL], "ONNX-7", "$.apis[1].response.data.properties.label",
                     "no output of the network makes the property 'label' of the reply of the type string",
                     id="output-of-another-type"),
        pytest.param(None, {"best": "integer"}, [X], [SCORES, Tensor("b", "float32", ("N", 3))], "ONNX-7",
                     "$.apis[1].response.data.properties.best",
                     "no output of the network makes the property 'best' of the reply of the type integer",
                     id="two-outputs-of-scores"),
        pytest.param(None, {"type": "number"}, [X], [SCORES], "ONNX-7", "$.apis[1].response.data",
                     "no output of the network makes the reply of the type number", id="reply-of-another-type"),
    ],
)  # fmt: skip
def test_mismatches(
    request_: Any, response: Any, inputs: list[Tensor], outputs: list[Tensor], id_: str, path: str, message: str
) -> None:
    [problem] = mismatches(request_, response, inputs, outputs)
    assert (problem.id, problem.path, problem.message, problem.file) == (id_, path, message, "config.json")


def test_every_mismatch_is_named_at_once() -> None:
    found = mismatches({"x": "string", "z": "array"}, {"a": "string", "b": "object"}, [X, Y], [SCORES])
    assert [problem.id for problem in found] == ["ONNX-4", "ONNX-5", "ONNX-6", "ONNX-7", "ONNX-7"]


def test_a_remedy_names_what_there_is() -> None:
    [problem] = mismatches({"x": "array"}, {"cheap": "boolean"}, [X], [SCORES, LABEL, MAPS])
    assert problem.remedy == (
        "Name it like an output that fits it; the network has 'scores' float32 [N, 10], 'label' int64 [N], "
        "'probabilities' (not numbers)."
    )
