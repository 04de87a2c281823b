"""How model.onnx came about: irises are told apart by the nearest mean of their species.

    pip install onnx && python make_network.py

Any network in this format does. Its inputs and outputs have the names of the properties in config.json, or there is
only one of each; with an open first dimension (`N`), requests that come together are one call.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Sepal length and width, petal length and width in cm: the means of Iris setosa, versicolor and virginica (Fisher 1936)
MEANS = np.array([[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]], "f4")


def network() -> onnx.ModelProto:
    """`flower` [N, 4] → `scores` [N, 3], which add up to 1; the nearest mean has the highest."""
    weights = numpy_helper.from_array(np.ascontiguousarray(2 * MEANS.T), "weights")
    bias = numpy_helper.from_array(-(MEANS**2).sum(1), "bias")
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["flower", "weights", "bias"], ["closeness"]),
            helper.make_node("Softmax", ["closeness"], ["scores"], axis=1),
        ],
        "iris",
        [helper.make_tensor_value_info("flower", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 3])],
        [weights, bias],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


if __name__ == "__main__":
    onnx.save(network(), Path(__file__).with_name("model.onnx"))
