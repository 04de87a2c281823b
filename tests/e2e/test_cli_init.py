"""Every template of `hitless init`, all the way: made, checked, served, and its examples answered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.e2e.command_line import hitless
from tests.e2e.serving_process import ServingProcess

from hitless.cli.init import TEMPLATES, Template
from hitless.serving.examples import examples_of
from hitless.serving.package import read_package

NEEDS = {Template.IMAGE: "PIL", Template.ONNX: "onnxruntime"}


@pytest.mark.parametrize("template", list(Template))
def test_a_new_package(tmp_path: Path, template: Template) -> None:
    if template in NEEDS:
        pytest.importorskip(NEEDS[template], reason=f"the template {template} needs {NEEDS[template]}")
    made = hitless("init", "mine", "--template", template, cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("Made mine: README.md, ")
    checked = hitless("config", "check", "--strict", "mine/config.json", cwd=tmp_path)
    assert (checked.returncode, checked.stdout.splitlines()[0]) == (
        0, "mine/config.json: no problems (strict, edition 2024-09)",
    )  # fmt: skip
    package = read_package(tmp_path / "mine")
    examples = examples_of(package.folder, package.settings)
    assert {example.url for example in examples} == {api.url for api in package.contract.apis}
    with ServingProcess(tmp_path / "mine") as server:
        assert httpx.get(f"{server.url}/health").text == '{"health": "true"}'
        assert [entry["message"] for entry in server.entries if entry["level"] != "info"] == []
        for example in examples:
            headers = {"content-type": example.content_type} if example.content_type is not None else {}
            answer = httpx.request(example.method, server.url + example.url, content=example.body, headers=headers)
            assert answer.status_code == 200, answer.text
            if example.answer is not None:
                assert answer.json() == example.answer


@pytest.mark.parametrize("template", list(Template))
def test_without_a_server(tmp_path: Path, template: Template) -> None:
    if template in NEEDS:
        pytest.importorskip(NEEDS[template], reason=f"the template {template} needs {NEEDS[template]}")
    hitless("init", tmp_path / "mine", "-t", template)
    answered = hitless("predict", tmp_path / "mine")
    assert (answered.returncode, answered.stderr) == (0, "")
    assert answered.stdout


def test_the_json_template_needs_nothing_else(tmp_path: Path) -> None:
    """In a Python without site-packages but for what the server needs itself."""
    hitless("init", tmp_path / "mine")
    forbidden = ("numpy", "PIL", "onnxruntime", "simplejpeg")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({forbidden!r}))\n"
        "from hitless.cli import main; sys.argv[1:] = ['predict', 'mine']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"price": 317600})


def test_the_network_of_the_onnx_template_is_what_its_script_makes(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the script makes the network with onnx")
    hitless("init", tmp_path / "mine", "-t", "onnx")
    (tmp_path / "mine" / "model.onnx").unlink()
    subprocess.run([sys.executable, "make_network.py"], cwd=tmp_path / "mine", check=True, timeout=60)
    assert (tmp_path / "mine/model.onnx").read_bytes() == (TEMPLATES / "onnx/model.onnx").read_bytes()


def test_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    refused = hitless("init", ".", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "error INIT-1\n  . is not empty: notes.txt\n"
        "  → Choose another name, or empty it first: nothing is ever overwritten.\n\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
