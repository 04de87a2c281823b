"""What is told of a package before its image is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitless.building.contents import listing
from hitless.building.lint import lint
from hitless.building.recipe import Recipe
from hitless.errors import Severity

PLAIN = {"config.json": 900, "model.py": 2_000}
GB = 1_000_000_000


@pytest.mark.parametrize(
    ("more", "model_type", "expected", "words"),
    [
        pytest.param({}, "Image", "", "", id="nothing"),
        pytest.param({"tokens/config.json": 1}, "Image", "BUILD-40", "config.json, tokens/config.json",
                     id="two-contracts"),
        pytest.param({"my-config.json": 1}, "Image", "", "", id="another-name"),
        pytest.param({"customize_service.py": 1, "a/customize_service.py": 1}, "Image", "BUILD-41",
                     "a/customize_service.py, customize_service.py", id="two-services"),
        pytest.param({"customize_service.py": 1}, "Image", "", "", id="one-service"),
        pytest.param({"a/Dockerfile": 1}, "Image", "BUILD-42", "a/Dockerfile", id="dockerfile"),
        pytest.param({"saved_model.pb": 1, "variables/0": 1}, "TensorFlow", "", "", id="tensorflow"),
        pytest.param({"saved_model.pb": 1}, "TensorFlow", "BUILD-43", "variables/*", id="tensorflow-without-variables"),
        pytest.param({"a-symbol.json": 1, "a.params": 1}, "MXNet", "", "", id="mxnet"),
        pytest.param({"a.prototxt": 1}, "Caffe", "BUILD-43", "*.caffemodel", id="caffe-without-weights"),
        pytest.param({"net.pt": 1}, "PyTorch", "", "", id="pytorch"),
        pytest.param({"net.onnx": 1}, "PyTorch", "BUILD-43", "*.pth or *.pt", id="pytorch-without-model"),
        pytest.param({"spark_model/part": 1}, "Spark_MLlib", "", "", id="spark"),
        pytest.param({}, "XGBoost", "BUILD-43", "*.m", id="xgboost-without-model"),
        pytest.param({"a.m": 1}, "Scikit_Learn", "", "", id="scikit-learn"),
        pytest.param({"a.om": 1}, "MindSpore", "", "", id="mindspore"),
        pytest.param({"w.bin": 20 * GB - 2_900}, "Image", "", "", id="20-GB"),
        pytest.param({"w.bin": 20 * GB}, "Image", "BUILD-44", "w.bin (20.0 GB)", id="over-20-GB"),
        pytest.param({"w.bin": 30 * GB, "v.bin": 21 * GB}, "Image", "BUILD-45", "it has 51.0 GB", id="over-50-GB"),
    ],
)  # fmt: skip
def test_rules(more: dict[str, int], model_type: str, expected: str, words: str) -> None:
    found = lint({**PLAIN, **more}, model_type, "mine")
    assert [problem.id for problem in found] == ([expected] if expected else [])
    for problem in found:
        assert problem.severity is (Severity.ERROR if expected == "BUILD-45" else Severity.WARNING)
        assert words in problem.message
        assert problem.file == "mine"


def test_several_at_once() -> None:
    found = lint({"Dockerfile": 1, "a/config.json": 1, "config.json": 1, "w": 60 * GB}, "PyTorch", "mine")
    assert [problem.id for problem in found] == ["BUILD-40", "BUILD-42", "BUILD-43", "BUILD-45"]


def test_the_listing_has_what_the_image_gets_not_but_nothing_that_is_left_out(tmp_path: Path) -> None:
    for name in ("config.json", "Dockerfile", "notes/a.md", ".git/HEAD", "__pycache__/x.pyc", "data/big.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    with (tmp_path / "sparse.bin").open("wb") as file:
        file.truncate(51 * GB)
    (tmp_path / "lost").symlink_to("nowhere")
    sizes = {"config.json": 5, "Dockerfile": 5, "data/big.bin": 5, "sparse.bin": 51 * GB}
    assert listing(tmp_path, Recipe(leave_out=("notes",))) == sizes
