"""Trains the digit classifier on MNIST and writes model.onnx.

Rules of this file: the last 5 000 training images are held out and decide everything that is chosen; the 10 000 test
images are looked at once, at the end, to be printed. Same seed, same machine, same network.
"""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

Tensor = Any  # torch.Tensor; torch is not installed where the types are checked
Images = NDArray[np.uint8]

HELD_OUT = 5_000
BATCH = 256
SMOOTHING = 0.05


def read_idx(path: Path) -> Images:
    """One gzip-compressed IDX file of unsigned bytes, in the shape that its header states."""
    raw = gzip.decompress(path.read_bytes())
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">i4", dimensions, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def read_pairs(folder: Path, prefix: str) -> tuple[Tensor, Tensor]:
    """Images uint8 [N, 28, 28] and labels int64 [N] of `train` or `t10k`."""
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    return torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64))


def block(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[Any]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


def small() -> Any:
    """The network that is served: 34 000 parameters."""
    return nn.Sequential(
        *block(1, 16, 5, stride=2, padding=2),
        *block(16, 32, 3, stride=2, padding=1),
        *block(32, 64, 3, stride=2, padding=1),
        nn.Flatten(),
        nn.Linear(1024, 10),
    )


def large() -> Any:
    """The classic network of 1 199 882 parameters, for measuring a server with a model that takes its time."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def distort(images: Tensor) -> Tensor:
    """Float [N, 1, 28, 28] → the same digits turned, scaled, sheared, moved and bent a little, each in its own way."""
    count = len(images)
    angle = torch.empty(count).uniform_(-0.2, 0.2)
    shear = torch.empty(count).uniform_(-0.2, 0.2)
    scale = torch.empty(count, 2).uniform_(0.88, 1.12)
    shift = torch.empty(count, 2).uniform_(-2 / 14, 2 / 14)
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos / scale[:, 0], shear - sin, shift[:, 0]], 1),
        torch.stack([sin, cos / scale[:, 1], shift[:, 1]], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 1, 28, 28], align_corners=False)
    bend = functional.interpolate(torch.randn(count, 2, 6, 6) * 0.05, size=28, mode="bicubic")
    return functional.grid_sample(images, grid + bend.permute(0, 2, 3, 1), align_corners=False)


def towards(average: Tensor, current: Tensor, seen: int) -> Tensor:
    """Exponential moving average of the weights that forgets the random start quickly."""
    return average + (current - average) * max(1e-3, 10 / (10 + seen))


def fit(network: Any, images: Tensor, labels: Tensor, epochs: int, report: Any) -> Any:
    """Trains and returns the moving average of the weights; `report(epoch, average)` after each epoch."""
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=epochs * steps, pct_start=0.15)
    average = torch.optim.swa_utils.AveragedModel(network, avg_fn=towards, use_buffers=True)
    for epoch in range(epochs):
        network.train()
        order = torch.randperm(len(images))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            inputs = distort(images[chosen, None].float() / 255)
            loss = functional.cross_entropy(network(inputs), labels[chosen], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
        report(epoch, average.module)
    return average.module


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def accuracy(network: Any, images: Tensor, labels: Tensor) -> float:
    """Share of images [N, 28, 28] that the network names as labelled."""
    network.eval()
    guesses = torch.cat([network(part[:, None].float() / 255).argmax(1) for part in images.split(1_000)])
    return float((guesses == labels).float().mean())


def folded(network: Any) -> list[Any]:
    """The layers in order, each batch normalisation merged into the convolution before it."""
    layers: list[Any] = []
    for layer in network.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return layers


def to_onnx(network: Any) -> onnx.ModelProto:
    """The network as ONNX (opset 17): `images` uint8 [N, 28, 28] → `logits` float [N, 10], `digits` int64 [N].

    The division by 255 is in the first weights, and so costs nothing.
    """
    layers = folded(network)
    layers[0].weight.data /= 255
    weights = [numpy_helper.from_array(np.array([1], np.int64), "channel")]
    nodes = [
        helper.make_node("Cast", ["images"], ["cast"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["cast", "channel"], ["input"]),
    ]
    value = "input"
    for place, layer in enumerate(layers):
        output = "logits" if place == len(layers) - 1 else f"value{place}"
        inputs = [value]
        for kind, tensor in layer.named_parameters():
            inputs.append(f"{kind}{place}")
            weights.append(numpy_helper.from_array(tensor.detach().numpy(), inputs[-1]))
        nodes.append(helper.make_node(*operator(layer, inputs, output), **attributes(layer)))
        value = output
    nodes.append(helper.make_node("ArgMax", ["logits"], ["digits"], axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes,
        "mnist",
        [helper.make_tensor_value_info("images", onnx.TensorProto.UINT8, ["N", 28, 28])],
        [
            helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 10]),
            helper.make_tensor_value_info("digits", onnx.TensorProto.INT64, ["N"]),
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")
    onnx.checker.check_model(model, full_check=True)
    return model


def operator(layer: Any, inputs: list[str], output: str) -> tuple[str, list[str], list[str]]:
    names = {nn.Conv2d: "Conv", nn.ReLU: "Relu", nn.MaxPool2d: "MaxPool", nn.Flatten: "Flatten", nn.Linear: "Gemm"}
    return names[type(layer)], inputs, [output]


def attributes(layer: Any) -> dict[str, Any]:
    if isinstance(layer, nn.Conv2d):
        return {"strides": layer.stride, "pads": [*layer.padding, *layer.padding]}
    if isinstance(layer, nn.MaxPool2d):
        return {"kernel_shape": [layer.kernel_size] * 2, "strides": [layer.stride] * 2}
    return {"transB": 1} if isinstance(layer, nn.Linear) else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the four IDX files, gzip-compressed")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "model.onnx")
    parser.add_argument("--size", choices=["small", "large"], default="small")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    network = {"small": small, "large": large}[options.size]()
    images, labels = read_pairs(options.data, "train")
    kept, kept_labels, chosen, chosen_labels = (
        images[:-HELD_OUT], labels[:-HELD_OUT], images[-HELD_OUT:], labels[-HELD_OUT:],
    )  # fmt: skip
    start = time.monotonic()

    def report(epoch: int, average: Any) -> None:
        share = accuracy(average, chosen, chosen_labels)
        print(f"{time.monotonic() - start:6.0f} s  epoch {epoch + 1:2d}  held out {share:.2%}", flush=True)

    if options.epochs:
        network = fit(network, kept, kept_labels, options.epochs, report)
    print(f"test {accuracy(network, *read_pairs(options.data, 't10k')):.2%}")
    onnx.save(to_onnx(network), options.out)


if __name__ == "__main__":
    main()
