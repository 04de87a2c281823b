"""The compute-bound model of the benchmark: conv32-conv64-pool-fc128-fc10, 1.2 million parameters, weights at random.

Speed does not depend on the weights, so nothing is trained and every machine measures the same file. The last bias
makes every picture a 7, so that the servers' replies can be checked all the same. The inputs and outputs are those of
`examples/mnist/model.onnx`: pixels in, logits and digits out.

A program, not a module to import: `python -m bench.serving.networks [--write] FILE` prints how many parameters the
file holds. In the benchmark's own process numpy's pages would be shared with the servers and make them look smaller.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ANSWER = 7


def write_large(target: Path) -> None:
    """Write the ONNX file (opset 17, 4.8 MB): uint8 [N, 28, 28] → float logits [N, 10], int64 digit [N]."""
    random = np.random.default_rng(7)

    def weight(name: str, *shape: int) -> onnx.TensorProto:
        scale = (2 / np.prod(shape[1:])) ** 0.5
        return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)

    def bias(name: str, size: int) -> onnx.TensorProto:
        return numpy_helper.from_array(np.zeros(size, np.float32), name)

    last_bias = np.zeros(10, np.float32)
    last_bias[ANSWER] = 1000.0
    weights = [
        numpy_helper.from_array(np.array([0, 1, 28, 28], np.int64), "image_shape"),
        numpy_helper.from_array(np.array(1 / 255, np.float32), "scale"),
        weight("conv1.weight", 32, 1, 3, 3),
        bias("conv1.bias", 32),
        weight("conv2.weight", 64, 32, 3, 3),
        bias("conv2.bias", 64),
        weight("fc1.weight", 128, 64 * 12 * 12),
        bias("fc1.bias", 128),
        weight("fc2.weight", 10, 128),
        numpy_helper.from_array(last_bias, "fc2.bias"),
    ]
    nodes = [
        _node("Cast", ["images"], "pixels", to=TensorProto.FLOAT),
        _node("Mul", ["pixels", "scale"], "scaled"),
        _node("Reshape", ["scaled", "image_shape"], "image"),
        _node("Conv", ["image", "conv1.weight", "conv1.bias"], "conv1", kernel_shape=[3, 3]),
        _node("Relu", ["conv1"], "relu1"),
        _node("Conv", ["relu1", "conv2.weight", "conv2.bias"], "conv2", kernel_shape=[3, 3]),
        _node("Relu", ["conv2"], "relu2"),
        _node("MaxPool", ["relu2"], "pooled", kernel_shape=[2, 2], strides=[2, 2]),
        _node("Flatten", ["pooled"], "flat"),
        _node("Gemm", ["flat", "fc1.weight", "fc1.bias"], "fc1", transB=1),
        _node("Relu", ["fc1"], "relu3"),
        _node("Gemm", ["relu3", "fc2.weight", "fc2.bias"], "logits", transB=1),
        _node("ArgMax", ["logits"], "digits", axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", 28, 28])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10]),
            helper.make_tensor_value_info("digits", TensorProto.INT64, ["N"]),
        ],
        weights,
    )
    # IR version 10 is the newest that onnxruntime 1.20, the oldest that the example allows, can read.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    target.write_bytes(model.SerializeToString())


def parameters(model: Path) -> int:
    """How many weights the ONNX file holds."""
    weights = onnx.load(model).graph.initializer
    return int(sum(np.prod(weight.dims) for weight in weights if weight.data_type == TensorProto.FLOAT))


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [output], **attributes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="the large model, into the file")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    if given.write:
        write_large(given.file)
    print(json.dumps(parameters(given.file)))
