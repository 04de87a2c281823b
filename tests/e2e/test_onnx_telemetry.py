"""onnxruntime keeps an id of the machine below HOME and sends events, if it is let: a served model does neither."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.command_line import environment, hitless

pytest.importorskip("onnxruntime", reason="a network runs with onnxruntime")

LEFT_ALONE = "import numpy, onnxruntime; onnxruntime.InferenceSession('model.onnx')"


def files_below(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))]


@pytest.fixture
def bare(tmp_path: Path, mnist_example: Path) -> Path:
    """The network and its contract, without code."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for name in ("model.onnx", "config.json"):
        shutil.copy(mnist_example / name, folder)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("code", [True, False], ids=["model.py", "model.onnx"])
def test_nothing_is_written_to_the_home(
    bare: Path, mnist_example: Path, home: Path, code: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    package, picture = mnist_example if code else bare, mnist_example / "seven.jpg"
    done = hitless(
        "predict", package, "-F", f"images=@{picture}",
        HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), PYTHONDONTWRITEBYTECODE="1",
    )  # fmt: skip
    assert (done.returncode, "mnist_result" in done.stdout) == (0, True), done.stderr
    assert files_below(home) == []


def test_what_it_does_if_it_is_let(bare: Path, home: Path) -> None:
    """If this is no more so, neither is what the others prove."""
    let = {
        name: value
        for name, value in environment(HOME=str(home)).items()
        if name not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "CI")  # on CI machines it does nothing of itself
    }
    subprocess.run([sys.executable, "-c", LEFT_ALONE], cwd=bare, env=let, check=True, timeout=60)
    assert any(name.endswith("deviceid") for name in files_below(home))
