"""Trains the digit classifier on MNIST and writes model.onnx.

Rules of this file: the last 5 000 training images are held out, and every choice (layers, schedule, seed) was made by
them; the 10 000 test images are looked at once, at the very end, to be reported. Same seed and machine, same network.

What makes a small network this good is that it never sees the same picture twice: the digits are bent anew in every
epoch. (Imitating a larger network was tried, and brought nothing more.)
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Callable
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
from torch.optim.swa_utils import AveragedModel

Tensor = Any  # torch is not installed where the types are checked
Network = Any
Progress = Callable[[int, Network], None]  # after each epoch, with its number and the averaged network

HELD_OUT = 5_000
BATCH = 256
EPOCHS = {"small": 60, "large": 1}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """One gzip-compressed IDX file of unsigned bytes, in the shape that its header states."""
    raw = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def read_pairs(folder: Path, prefix: str) -> tuple[Tensor, Tensor]:
    """Images float [N, 1, 28, 28], 0 to 1, and labels int64 [N]; the prefix is train or t10k."""
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz").astype(np.float32) / 255
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz").astype(np.int64)
    return torch.from_numpy(images[:, None]), torch.from_numpy(labels)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[Network]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def small() -> Network:
    """The network that is served: 154 000 parameters, 372 000 multiplications. Strides instead of pooling save most."""
    return nn.Sequential(
        *convolution(1, 16, 5, stride=2),
        *convolution(16, 32, 3, stride=2, padding=1),
        nn.Flatten(),
        *(nn.Linear(32 * 6 * 6, 128), nn.ReLU()),
        nn.Linear(128, 10),
    )


def large() -> Network:
    """The classic network of 1 199 882 parameters, to see how a server does with a model that takes its time."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3), nn.ReLU()),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *(nn.Linear(64 * 12 * 12, 128), nn.ReLU()),
        nn.Linear(128, 10),
    )


def distorted(images: Tensor) -> Tensor:
    """The same digits, each turned, sheared, scaled, moved and bent a little in its own way."""
    count = len(images)
    angle, shear = torch.empty(2, count).uniform_(-0.2, 0.2)  # radians; share of the height
    scale_x, scale_y = torch.empty(2, count).uniform_(0.88, 1.12)
    shift_x, shift_y = torch.empty(2, count).uniform_(-1 / 7, 1 / 7)  # of half the side, so up to 2 pixels
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos / scale_x, shear - sin, shift_x], 1), torch.stack([sin, cos / scale_y, shift_y], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 1, 28, 28], align_corners=False)
    bend = functional.interpolate(torch.randn(count, 2, 6, 6) * 0.05, size=28, mode="bicubic")
    moved = functional.grid_sample(images, grid + bend.permute(0, 2, 3, 1), align_corners=False)
    return moved.contiguous(memory_format=torch.channels_last)


def towards(average: Tensor, current: Tensor, seen: int) -> Tensor:
    """Moving average over about the last 1 000 steps, fewer at first, so that the random start is forgotten."""
    return average + (current - average) * max(1e-3, 10 / (10 + seen))


def fit(network: Network, pairs: tuple[Tensor, Tensor], epochs: int, tell: Progress) -> Network:
    """Trains and returns the moving average of the weights, which is better than where they end."""
    images, labels = pairs
    steps = len(images) // BATCH
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=epochs * steps, pct_start=0.1)
    average = AveragedModel(network, avg_fn=towards, use_buffers=True)
    for epoch in range(epochs):
        network.train()
        for chosen in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            loss = functional.cross_entropy(network(distorted(images[chosen])), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
        tell(epoch, average.module)
    return average.module


def answers(network: Network, images: Tensor) -> Tensor:
    """Logits [N, 10] of a network that is not being trained."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part) for part in images.split(1_000)])


def accuracy(network: Network, pairs: tuple[Tensor, Tensor]) -> float:
    return float((answers(network, pairs[0]).argmax(1) == pairs[1]).float().mean())


def folded(network: Network) -> list[Network]:
    """The layers in order, each batch normalisation merged into the convolution before it."""
    layers: list[Network] = []
    for layer in network.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return layers


def onnx_node(layer: Network, inputs: list[str], output: str) -> onnx.NodeProto:
    match layer:
        case nn.Conv2d():
            pads = [*layer.padding, *layer.padding]
            return helper.make_node("Conv", inputs, [output], strides=layer.stride, pads=pads)
        case nn.MaxPool2d():
            size = [layer.kernel_size] * 2
            return helper.make_node("MaxPool", inputs, [output], kernel_shape=size, strides=size)
        case nn.Linear():
            return helper.make_node("Gemm", inputs, [output], transB=1)
        case nn.ReLU() | nn.Flatten():
            return helper.make_node(type(layer).__name__.replace("ReLU", "Relu"), inputs, [output])
    raise TypeError(f"no ONNX operator is known for {layer}")


def to_onnx(network: Network) -> onnx.ModelProto:
    """The network as ONNX, opset 17: `images` uint8 [N, 28, 28] → `digits` int64 [N] and `logits` float [N, 10].

    The division by 255 goes into the first weights and so costs nothing.
    """
    layers = folded(network)
    layers[0].weight.data /= 255
    weights = [numpy_helper.from_array(np.array([1], np.int64), "channel")]
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "channel"], ["value"]),
    ]
    value = "value"
    for place, layer in enumerate(layers):
        names = {f"{kind}{place}": tensor.detach().contiguous().numpy() for kind, tensor in layer.named_parameters()}
        weights += [numpy_helper.from_array(tensor, name) for name, tensor in names.items()]
        output = "logits" if layer is layers[-1] else f"value{place}"
        nodes.append(onnx_node(layer, [value, *names], output))
        value = output
    nodes.append(helper.make_node("ArgMax", ["logits"], ["digits"], axis=1, keepdims=0))
    images = helper.make_tensor_value_info("images", onnx.TensorProto.UINT8, ["N", 28, 28])
    digits = helper.make_tensor_value_info("digits", onnx.TensorProto.INT64, ["N"])
    logits = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 10])
    graph = helper.make_graph(nodes, "mnist", [images], [digits, logits], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def trained(network: Network, epochs: int, data: Path) -> Network:
    """Trains on all but the held-out images, and prints after each epoch how many of those it names correctly."""
    images, labels = read_pairs(data, "train")
    held_out = images[-HELD_OUT:], labels[-HELD_OUT:]
    start = time.monotonic()

    def tell(epoch: int, average: Network) -> None:
        share = accuracy(average, held_out)
        print(f"{time.monotonic() - start:5.0f} s  epoch {epoch + 1:2d} of {epochs}  held out {share:.2%}", flush=True)

    return fit(network, (images[:-HELD_OUT], labels[:-HELD_OUT]), epochs, tell)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the digit classifier on MNIST and writes it as ONNX.")
    parser.add_argument("--data", type=Path, help="folder of the four IDX files, gzip-compressed")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "model.onnx")
    parser.add_argument("--size", choices=EPOCHS, default="small")
    parser.add_argument("--epochs", type=int, help=f"0: random weights, no data needed; default {EPOCHS}")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)  # so that sums come out the same whatever the number of cores
    epochs = EPOCHS[options.size] if options.epochs is None else options.epochs
    if epochs and not options.data:
        parser.error("--data is needed to train")
    network = {"small": small, "large": large}[options.size]()
    if epochs:
        network = trained(network, epochs, options.data)
        print(f"test {accuracy(network, read_pairs(options.data, 't10k')):.2%}")
    onnx.save(to_onnx(network), options.out)


if __name__ == "__main__":
    main()
