"""The documents do what they say: their commands are run, and the models that they show are served."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.e2e.documents import Reader, Run, Step, Write, steps_of

from hitless.serving.endpoints import bind
from hitless.serving.package import Package, load_model
from hitless.spec.drafting import draft

NOT_RUN = {"make test": "that is what runs this test"}
DOCUMENTS = ("README.md", "docs/tutorial.md", "docs/guides/packages.md", "docs/check.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_a_document(repository: Path, tmp_path: Path, document: str) -> None:
    steps = steps_of((repository / document).read_text(encoding="utf-8"))
    _skip_without_tools(steps, repository)
    for entry in ("Makefile", "pyproject.toml", "requirements", "examples", ".venv"):
        (tmp_path / entry).symlink_to(repository / entry)  # a reader of the README stands in a checkout
    with Reader(tmp_path) as reader:
        for step in steps:
            match step:
                case Run(command) if command.split("  ")[0] in NOT_RUN:
                    continue
                case Run("make demo", expected):  # with the .venv as it is
                    reader.do(Run("make demo -o .venv/.done", expected))
                case _:
                    reader.do(step)


def _skip_without_tools(steps: list[Step], repository: Path) -> None:
    commands = [step.command for step in steps if isinstance(step, Run)]
    for tool in ("curl", "make"):
        if any(command.startswith(f"{tool} ") for command in commands) and shutil.which(tool) is None:
            pytest.skip(f"the document uses {tool}, which is not installed")
    if "make demo" in commands and not (repository / ".venv" / ".done").exists():
        pytest.skip("the document uses the .venv of `make .venv`, which is not there")


def _models(repository: Path) -> list[Write]:
    steps = steps_of((repository / "docs/guides/packages.md").read_text(encoding="utf-8"))
    return [step for step in steps if isinstance(step, Write) and step.path.endswith("model.py")]


def test_the_models_of_the_guide_fit_the_contracts_that_are_drafted_for_them(repository: Path, tmp_path: Path) -> None:
    models = _models(repository)
    assert len(models) >= 4
    for number, model in enumerate(models):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "model.py").write_text(model.text, encoding="utf-8")
        (folder / "words.txt").write_text("a few words", encoding="utf-8")
        contract = draft(model.text.encode()).contract
        endpoints = bind(contract, load_model(Package(folder, contract)))
        assert endpoints[0].name == "POST /"
        assert (endpoints[0].max_size > 0) is ("max_size" in model.text)
        assert endpoints[0].streams is ("yield" in model.text)
