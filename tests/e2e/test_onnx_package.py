"""Packages of a config.json and a model.onnx, without any code, through a running server."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.serving_process import ServingProcess

onnx = pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
pytest.importorskip("onnxruntime", reason="a network runs with onnxruntime")
np = pytest.importorskip("numpy", reason="the .npy files of these tests are made with numpy")

from onnx import TensorProto, helper  # noqa: E402


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory, mnist_example: Path) -> Iterator[ServingProcess]:
    """The network of the example and its contract, and nothing else of it."""
    folder = tmp_path_factory.mktemp("digits")
    for name in ("model.onnx", "config.json"):
        shutil.copy(mnist_example / name, folder)
    with ServingProcess(folder) as process:
        yield process


def test_a_picture(digits: ServingProcess, mnist_example: Path) -> None:
    with (mnist_example / "seven.jpg").open("rb") as picture:
        answer = httpx.post(digits.url, files={"images": picture})
    assert (answer.status_code, answer.text) == (200, '{"mnist_result":7}')


def test_many_at_once_with_a_bad_one_among_them(digits: ServingProcess, mnist_example: Path) -> None:
    picture = (mnist_example / "seven.jpg").read_bytes()
    bodies = [picture, b"no picture", picture, b"", picture] * 8
    with httpx.Client() as client, ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(lambda body: client.post(digits.url, files={"images": body}).status_code, bodies))
    assert statuses == [200, 422, 200, 422, 200] * 8


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("file", "status", "words"),
    [
        pytest.param(npy(np.zeros((28, 28), np.uint8)), 200, "mnist_result", id="npy"),
        pytest.param(npy(np.zeros((3, 28, 28))), 200, "mnist_result", id="several"),
        pytest.param(npy(np.full((28, 28), 256)), 422, "is to be numbers from 0 to 255 (uint8)", id="too-large"),
        pytest.param(npy(np.zeros((28, 29))), 422, "but [N, 28, 28] is expected", id="wrong-shape"),
        pytest.param(b"\x93NUMPY", 422, "is a broken .npy file", id="torn"),
    ],
)
def test_arrays_in_files(digits: ServingProcess, file: bytes, status: int, words: str) -> None:
    answer = httpx.post(digits.url, files={"images": file})
    assert answer.status_code == status
    assert words in answer.text
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "images"


def package(folder: Path, response: dict[str, Any]) -> Path:
    """total = a + b for items of any width."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", "W"]) for name in ("a", "b", "total")]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["total"])], "sum", values[:2], values[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder.mkdir()
    onnx.save(model, folder / "model.onnx")
    numbers = {"type": "array", "items": [{"type": "number"}]}
    request = {"type": "object", "properties": {"a": numbers, "b": numbers}, "required": ["a", "b"]}
    api = {
        "url": "/",
        "method": "post",
        "request": {"Content-type": "application/json", "data": request},
        "response": {"Content-type": "application/json", "data": {"type": "object", "properties": response}},
    }
    config = {"model_algorithm": "predict_analysis", "model_type": "Image", "apis": [api]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_items_of_different_shapes_at_once(tmp_path: Path) -> None:
    """All with one answer each, and some of them in one call."""
    with ServingProcess(package(tmp_path / "sum", {"total": {"type": "array"}})) as server, httpx.Client() as client:

        def ask(width: int) -> Any:
            return client.post(server.url, json={"a": [1] * width, "b": [width] * width}).json()

        widths = [1 + number % 3 for number in range(60)]
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(ask, widths))
        assert answers == [{"total": [1.0 + width] * width} for width in widths]
        unequal = client.post(server.url, json={"a": [1, 2], "b": [1]})
        assert (unequal.status_code, unequal.json()["errors"][0]["field"]) == (422, "b")


def test_a_contract_that_does_not_fit_the_network_does_not_start(tmp_path: Path) -> None:
    folder = package(tmp_path / "sum", {"label": {"type": "string"}})
    config = json.loads((folder / "config.json").read_text())
    config["apis"][0]["request"]["data"]["properties"]["c"] = {"type": "number"}
    del config["apis"][0]["request"]["data"]["properties"]["b"]
    (folder / "config.json").write_text(json.dumps(config))
    done = subprocess.run([sys.executable, "-m", "hitless.serving", folder, "--port", "0"],
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 2, done.stdout
    for words in (
        "ONNX-4: the request has no property for the network's input 'b' float32 [N, W]",
        "ONNX-5: the network has no input for the property 'c' of the request",
        "ONNX-7: no output of the network makes the property 'label' of the reply of the type string",
    ):
        assert words in done.stdout
