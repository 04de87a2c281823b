"""A bare network as a model: arguments in, answers out, in batches; and everything that does not fit, at start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hitless.errors import InputError
from hitless.serving.endpoints import Endpoint, bind
from hitless.serving.model_routes import call_of
from hitless.serving.replies import to_json
from hitless.serving.request import Rejected
from hitless.spec import config
from hitless.spec.contract import Api, Contract, Payload

onnx = pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
pytest.importorskip("onnxruntime", reason="a network runs with onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

from hitless.serving.onnx_model import OnnxModel  # noqa: E402

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
Node = tuple[str, list[str], list[str]]
Value = tuple[str, int, list[Any]]


def network(path: Path, inputs: Sequence[Value], outputs: Sequence[Value], *nodes: Node, **attributes: Any) -> Path:
    """A model.onnx in `path`; `attributes` are those of the last node."""
    made = [helper.make_node(kind, taken, given) for kind, taken, given in nodes[:-1]]
    kind, taken, given = nodes[-1]
    made.append(helper.make_node(kind, taken, given, **attributes))
    taken_in, given_out = ([helper.make_tensor_value_info(*value) for value in side] for side in (inputs, outputs))
    return save(helper.make_graph(made, "network", taken_in, given_out), path)


def save(graph: Any, path: Path) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path / "model.onnx")
    return path / "model.onnx"


def contract(request: dict[str, str] | None, response: dict[str, str] | None, **more: Any) -> Contract:
    def payload(types: dict[str, str] | None) -> Payload | None:
        if types is None:
            return None
        return Payload(schema={"type": "object", "properties": {name: {"type": kind} for name, kind in types.items()}})

    return Contract("predict_analysis", "Image", apis=(Api(request=payload(request), response=payload(response)),))


def bound(path: Path, agreed: Contract) -> Endpoint:
    [endpoint] = bind(agreed, OnnxModel(path, agreed), file="model.onnx")
    return endpoint


def answers(endpoint: Endpoint, *requests: tuple[Any, ...]) -> list[Any]:
    """What each of the requests, given together, is answered with: a value of JSON, or a Rejected."""
    arguments: Any = requests if endpoint.max_size else [(requests[0], {})]
    results = call_of(endpoint)(arguments)
    return [value if isinstance(value, Rejected) else msgspec.json.decode(to_json(value)) for value in results]


def add(path: Path) -> Path:
    """sum = a + b, [N, 2] each."""
    return network(path, [("a", FLOAT, ["N", 2]), ("b", FLOAT, ["N", 2])], [("sum", FLOAT, ["N", 2])],
                   ("Add", ["a", "b"], ["sum"]))  # fmt: skip


def test_a_matrix(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 2])], [("y", FLOAT, ["N", 2])], ("Neg", ["x"], ["y"]))
    endpoint = bound(path, contract({"x": "array"}, {"y": "array"}))
    assert endpoint.max_size == 32
    assert answers(endpoint, ([1, 2],), ([[3, 4]],), ([[5, 6], [7, 8]],)) == [
        {"y": [-1, -2]},
        {"y": [[-3, -4]]},
        {"y": [[-5, -6], [-7, -8]]},
    ]


def test_two_inputs(tmp_path: Path) -> None:
    endpoint = bound(add(tmp_path), contract({"b": "array", "a": "array"}, {"sum": "array"}))
    names = [parameter.name for parameter in endpoint.binder.parameters]
    assert names == ["a", "b"]
    assert answers(endpoint, ([1, 2], [10, 20])) == [{"sum": [11, 22]}]


def test_inputs_of_one_request_that_do_not_agree(tmp_path: Path) -> None:
    endpoint = bound(add(tmp_path), contract({"a": "array", "b": "array"}, {"sum": "array"}))
    good, bad, both = answers(
        endpoint, ([1, 2], [1, 2]), ([[1, 2], [3, 4]], [[1, 2]]), ([1], "no")
    )  # fmt: skip
    assert good == {"sum": [2, 4]}
    assert (bad.status, bad.errors) == (422, (("b", "has 1 for the dimension N, another input has 2"),))
    assert [name for name, _ in both.errors] == ["a", "b"]
    assert both.detail.startswith("The request does not fit the network: a: has the shape [1], but [N, 2] is expected")


def test_two_outputs(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 2])], [("neg", FLOAT, ["N", 2]), ("abs", FLOAT, ["N", 2])],
                   ("Neg", ["x"], ["neg"]), ("Abs", ["x"], ["abs"]))  # fmt: skip
    endpoint = bound(path, contract({"x": "array"}, {"abs": "array", "neg": "array"}))
    assert answers(endpoint, ([1, -2],), ([3, 4],)) == [
        {"neg": [-1, 2], "abs": [1, 2]},
        {"neg": [-3, -4], "abs": [3, 4]},
    ]


def test_an_output_that_nobody_asks_for_is_not_computed(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 2])], [("y", FLOAT, ["N", 2]), ("z", FLOAT, ["N", 2])],
                   ("Neg", ["x"], ["y"]), ("Abs", ["x"], ["z"]))  # fmt: skip
    assert answers(bound(path, contract({"x": "array"}, {"z": "array"})), ([1, -2],)) == [{"z": [1, 2]}]


def test_the_place_of_the_highest_score(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 3])], [("scores", FLOAT, ["N", 3])], ("Identity", ["x"], ["scores"]))
    endpoint = bound(path, contract({"x": "array"}, {"best": "integer"}))
    assert answers(endpoint, ([0, 5, 1],), ([[9, 0, 0], [0, 0, 9]],)) == [{"best": 1}, {"best": [0, 2]}]


def test_a_reply_that_is_a_number(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 3])], [("scores", FLOAT, ["N", 3])], ("Identity", ["x"], ["scores"]))
    agreed = Contract("a", "Image", apis=(Api(response=Payload(schema={"type": "integer"})),))
    assert answers(bound(path, agreed), ([0, 5, 1],)) == [1]


def test_fixed_batch_of_one(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, [1, 2])], [("y", FLOAT, [1, 2])], ("Neg", ["x"], ["y"]))
    endpoint = bound(path, contract({"x": "array"}, {"y": "array"}))
    assert endpoint.max_size == 0
    assert answers(endpoint, ([1, 2],)) == [{"y": [-1, -2]}]
    assert answers(endpoint, ([[1, 2]],)) == [{"y": [[-1, -2]]}]
    with pytest.raises(Rejected, match=r"x: has the shape \[2, 2\], but \[1, 2\] is expected"):
        answers(endpoint, ([[1, 2], [3, 4]],))


def test_numbers_in_columns(tmp_path: Path) -> None:
    """As scikit-learn's converter makes them: a number for each input, a number as the answer."""
    path = network(tmp_path, [("age", FLOAT, ["N", 1]), ("size", FLOAT, ["N", 1])], [("out", FLOAT, ["N", 1])],
                   ("Add", ["age", "size"], ["out"]))  # fmt: skip
    endpoint = bound(path, contract({"age": "number", "size": "number"}, {"price": "number"}))
    assert answers(endpoint, (1, 2.5), (2, 2.5)) == [{"price": 3.5}, {"price": 4.5}]


def test_items_of_different_shapes_in_one_batch(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", "W"])], [("y", FLOAT, ["N", "W"])], ("Neg", ["x"], ["y"]))
    endpoint = bound(path, contract({"x": "array"}, {"y": "array"}))
    assert answers(endpoint, ([1],), ([1, 2],), ("no",), ([3],), ([[4, 5], [6, 7]],))[:2] == [
        {"y": [-1]},
        {"y": [-1, -2]},
    ]
    assert answers(endpoint, ([1, 2],), ([3],), ([[4, 5], [6, 7]],)) == [
        {"y": [-1, -2]},
        {"y": [-3]},
        {"y": [[-4, -5], [-6, -7]]},
    ]


def test_text(tmp_path: Path) -> None:
    path = network(tmp_path, [("word", STRING, ["N"])], [("out", STRING, ["N"])], ("Identity", ["word"], ["out"]))
    endpoint = bound(path, contract({"word": "string"}, {"same": "string"}))
    assert answers(endpoint, ("a",), ("b",)) == [{"same": "a"}, {"same": "b"}]


def test_an_output_that_is_a_list_for_the_items(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("SplitToSequence", ["x"], ["parts"], axis=0, keepdims=0)],
        "network",
        [helper.make_tensor_value_info("x", FLOAT, ["N", 2])],
        [helper.make_tensor_sequence_value_info("parts", FLOAT, None)],
    )
    endpoint = bound(save(graph, tmp_path), contract({"x": "array"}, {"part": "array"}))
    assert endpoint.max_size == 32
    assert answers(endpoint, ([1, 2],), ([3, 4],)) == [{"part": [1, 2]}, {"part": [3, 4]}]


def test_a_list_of_another_length_is_asked_for_one_by_one(tmp_path: Path) -> None:
    """The declared shape promises an item for each item; this network gives one for all."""
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=1),
            helper.make_node("SequenceConstruct", ["sum"], ["parts"]),
        ],
        "network",
        [helper.make_tensor_value_info("x", FLOAT, ["N", 2])],
        [helper.make_tensor_sequence_value_info("parts", FLOAT, None)],
    )
    endpoint = bound(save(graph, tmp_path), contract({"x": "array"}, {"part": "array"}))
    assert answers(endpoint, ([1, 2],), ([3, 4],), ([5, 6],)) == [{"part": [[3]]}, {"part": [[7]]}, {"part": [[11]]}]


def test_names_that_python_does_not_allow(tmp_path: Path) -> None:
    path = network(
        tmp_path, [("input.1", FLOAT, ["N", 2])], [("out:0", FLOAT, ["N", 2])], ("Neg", ["input.1"], ["out:0"])
    )
    endpoint = bound(path, contract({"input.1": "array"}, {"out:0": "array"}))
    assert answers(endpoint, ([1, 2],)) == [{"out:0": [-1, -2]}]


def test_several_apis_call_the_same_network(tmp_path: Path) -> None:
    path = network(tmp_path, [("x", FLOAT, ["N", 2])], [("y", FLOAT, ["N", 2])], ("Neg", ["x"], ["y"]))
    agreed = Contract("a", "Image", apis=(Api(), Api(url="/also", method="PUT"), Api(url="/also")))
    endpoints = bind(agreed, OnnxModel(path, agreed))
    assert [endpoint.name for endpoint in endpoints] == ["POST /", "PUT /also", "POST /also"]
    assert all(answers(endpoint, ([1, 2],)) == [{"y": [-1, -2]}] for endpoint in endpoints)


def test_the_network_of_the_mnist_example(mnist_example: Path) -> None:
    agreed = config.load(mnist_example / "config.json")
    endpoint = bound(mnist_example / "model.onnx", agreed)
    picture = (mnist_example / "seven.jpg").read_bytes()
    seven, broken, also_seven = answers(endpoint, (picture,), (picture[:40],), (picture,))
    assert (seven, also_seven) == ({"mnist_result": 7}, {"mnist_result": 7})
    assert (broken.status, broken.errors[0][0]) == (422, "images")


def test_every_mismatch_is_named_at_once(tmp_path: Path) -> None:
    agreed = contract({"a": "string"}, {"total": "string"})
    with pytest.raises(InputError) as caught:
        OnnxModel(add(tmp_path), agreed)
    assert [problem.id for problem in caught.value.problems] == ["ONNX-4", "ONNX-6", "ONNX-7"]


def test_an_input_that_no_request_can_carry(tmp_path: Path) -> None:
    path = network(
        tmp_path, [("z", TensorProto.BFLOAT16, ["N"])], [("y", FLOAT, ["N"])], ("Cast", ["z"], ["y"]), to=FLOAT
    )
    with pytest.raises(InputError) as caught:
        OnnxModel(path, contract(None, None))
    assert [(problem.id, problem.file) for problem in caught.value.problems] == [("ONNX-3", str(path))]


@pytest.mark.parametrize("content", [pytest.param(b"", id="empty"), pytest.param(b"no network", id="something-else")])
def test_a_file_that_is_no_network(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(InputError) as caught:
        OnnxModel(tmp_path / "model.onnx", contract(None, None))
    [problem] = caught.value.problems
    assert (problem.id, problem.file) == ("ONNX-2", str(tmp_path / "model.onnx"))
    assert "cannot be loaded" in problem.message
