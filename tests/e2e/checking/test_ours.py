"""The images that we build pass our own check, whole, at the true times: for hitless upgrades and for batch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.command_line import PROGRAM, environment
from tests.e2e.conftest import made_once, one_at_a_time

pytestmark = pytest.mark.slow

# A network of its own, so that nothing of this machine's is touched: the sandbox makes its interfaces in there.
ALONE = ("unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
SEVEN = '{"mnist_result": 7}'
ENDS_WITHIN_S = 480.0


@pytest.fixture(scope="session")
def batch_package(shared: Path, mnist_example: Path) -> Path:
    """The example, with what a batch service needs."""
    folder = shared / "mnist-batch"
    with one_at_a_time(shared / "mnist-batch.lock"):
        if not folder.exists():
            shutil.copytree(mnist_example, folder, ignore=shutil.ignore_patterns("__pycache__", "hitless.lock"))
            settings = folder / "hitless.toml"
            settings.write_text(settings.read_text().replace("[build]\n", "[build]\nbatch = true\n"))
    return folder


@pytest.fixture(scope="session")
def batch_layout(shared: Path, batch_package: Path, batch_base: Path, cache: Path) -> Path:
    return made_once(
        shared / "mnist-batch-image", "build", batch_package, "--base", batch_base, "--cache", cache, "-t", "b:v1", "-o"
    )


@pytest.mark.parametrize("purpose", ["hitless", "batch"])
def test_our_own_image_conforms(
    purpose: str, request: pytest.FixtureRequest, mnist_example: Path, tmp_path: Path
) -> None:
    if os.geteuid() or any(shutil.which(program) is None for program in ("runc", "unshare", "ip")):
        pytest.skip("a sandbox for images needs root, runc, unshare and ip")
    layout = request.getfixturevalue("mnist_layout" if purpose == "hitless" else "batch_layout")
    # Once by the example that the image has itself, and once by what the user gives.
    seven = () if purpose == "hitless" else ("-F", f"images=@{mnist_example / 'seven.jpg'}", "--expect", SEVEN)
    report, record = tmp_path / "report.json", tmp_path / "record"
    command = (*PROGRAM, "check", layout, "--for", purpose, "--engine", "runc", *seven)
    done = _run(*ALONE, *command, "-o", report, "--record", record)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {rule["id"]: rule["outcome"] for rule in json.loads(report.read_text())["rules"]}
    assert "failed" not in outcomes.values(), done.stdout
    assert outcomes["HL602"] == "passed"
    again = _run(*PROGRAM, "check", "--replay", record)
    assert again.returncode == 0, again.stdout + again.stderr


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, capture_output=True, text=True, env=environment(), timeout=ENDS_WITHIN_S, check=False
    )  # fmt: skip
