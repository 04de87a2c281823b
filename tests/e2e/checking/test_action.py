"""action.yml: its shape, and its scripts as a runner starts them, on a package that is made here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.command_line import PROGRAM, environment

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
BASH = shutil.which("bash")
PATIENCE_S = 240.0


@pytest.fixture(scope="module")
def action(repository: Path) -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load((repository / "action.yml").read_text(encoding="utf-8"))
    return value


def steps(action: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in action["runs"]["steps"]}


def test_every_input_is_used_and_documented(action: dict[str, Any], repository: Path) -> None:
    text = (repository / "action.yml").read_text(encoding="utf-8")
    guide = (repository / "docs/guides/checking-in-ci.md").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.(\w+)", text)) == set(action["inputs"])
    assert set(action["inputs"]) <= set(re.findall(r"`(\w+)`", guide))
    assert set(action["outputs"]) <= set(re.findall(r"`(\w+)`", guide))
    assert all(entry["description"] for part in ("inputs", "outputs") for entry in action[part].values())


def test_nothing_that_is_given_becomes_a_part_of_a_script(action: dict[str, Any]) -> None:
    for step in steps(action).values():
        assert "${{" not in step.get("run", "")
        assert ("run" in step) is ("shell" in step)


def test_every_output_is_written(action: dict[str, Any], ran: Ran) -> None:
    _, outputs, _ = ran
    assert set(outputs) == set(action["outputs"])
    assert all(entry["value"] == f"${{{{ steps.check.outputs.{name} }}}}" for name, entry in action["outputs"].items())


Ran = tuple[subprocess.CompletedProcess[str], dict[str, str], Path]


def carried_out(action: dict[str, Any], folder: Path, **inputs: str) -> Ran:
    """The step `Check` as a runner carries it out; what it said, its outputs, the summary."""
    if BASH is None:
        pytest.skip("there is no bash")
    step = steps(action)["Check"]
    given = {name: str(entry.get("default", "")) for name, entry in action["inputs"].items()} | inputs
    filled = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    script, outputs, summary = folder / "script.sh", folder / "outputs", folder / "summary.md"
    script.write_text(step["run"], encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    files = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)], cwd=folder,
        env={**environment(), **filled, "PATH": path, **files},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    lines = outputs.read_text(encoding="utf-8").splitlines() if outputs.exists() else []
    return done, dict(line.split("=", 1) for line in lines), summary


@pytest.fixture(scope="module")
def ran(action: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A quick check of a new package."""
    folder = tmp_path_factory.mktemp("action")
    command = [*PROGRAM, "init", "my model"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S, env=environment())
    return carried_out(action, folder, subject="my model", quick="true")


def test_a_check_leaves_its_reports(ran: Ran) -> None:
    done, outputs, summary = ran
    folder = summary.parent
    assert done.returncode in (1, 3), done.stderr  # a quick look leaves something unproven
    report = json.loads((folder / outputs["json"]).read_text(encoding="utf-8"))
    assert outputs["conclusion"] == report["conclusion"]
    assert report["quick"]
    assert all((folder / outputs[name]).stat().st_size for name in outputs if name != "conclusion")
    assert summary.read_text(encoding="utf-8").startswith("## ")


def test_a_wrong_flag_ends_the_job_and_is_no_conclusion(action: dict[str, Any], tmp_path: Path) -> None:
    done, outputs, summary = carried_out(action, tmp_path, subject="x", profile="1999", undecided="pass")
    assert done.returncode == 2, done.stderr
    assert "1999" in done.stderr
    assert outputs == {}
    assert not summary.exists()


def test_a_subject_that_is_not_there_is_no_pass_even_where_undecided_is(action: dict[str, Any], tmp_path: Path) -> None:
    done, outputs, _ = carried_out(action, tmp_path, subject="$(touch owned); `touch owned`", undecided="pass")
    assert done.returncode in (2, 3), done.stderr
    assert outputs == {}
    assert not (tmp_path / "owned").exists()
