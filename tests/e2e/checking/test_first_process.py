"""PID 1 of a container: a shell that runs its server in the foreground is deaf to SIGTERM, one that execs it is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab, joined
from tests.specimens.dynamic import PLACE, Running

from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.unpacking import unpack

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ENGINES = ("podman", "runc")
WITHIN_S = 120.0
SERVER = f"python3 -u {PLACE}/server.py"


@pytest.fixture(scope="module")
def lab(shared: Path) -> Iterator[Lab]:
    with joined(shared) as found:
        yield found


@pytest.fixture(scope="module")
def image(base: Path) -> Image:
    return Running("good").image(read_image(LayoutSource(base), "the base"))


def looked_at(engine: str, image: Image, lab: Lab, shared: Path, folder: Path, script: str) -> dict[str, Any]:
    configuration = folder / "configuration.json"
    configuration.write_bytes(image.configuration.data)
    if engine == "podman":
        subject = loaded(lab.engine(engine), image, "stopping:v1", lab)
    elif shutil.which(engine) is None:
        pytest.skip(f"not installed: {engine}")
    else:
        root = shared / "stopping-root"
        with one_at_a_time(shared / "stopping-root.lock"):
            if not root.exists():
                unpack(image, root)
        subject = str(root)
    words = (engine, subject, str(configuration), str(lab.folder), "sh", "-c", script)
    command = lab.command(sys.executable, str(HERE / "stopping_client.py"), *words)
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False, env=environment)
    assert done.stdout, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["unseen"] == ""
    return seen


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("script", "fails"),
    [
        pytest.param(f"{SERVER}; true", ["HL801"], id="in the foreground"),
        pytest.param(f"exec {SERVER}", [], id="in its place"),
        pytest.param(f"{SERVER} & trap 'kill -TERM $!' TERM; wait; wait", [], id="in the background"),
    ],
)
def test_the_first_process(
    engine: str, script: str, fails: list[str], image: Image, lab: Lab, shared: Path, tmp_path: Path
) -> None:
    seen = looked_at(engine, image, lab, shared, tmp_path, script)
    assert [key for key, (outcome, _) in seen["verdicts"].items() if outcome == "failed"] == fails, seen
