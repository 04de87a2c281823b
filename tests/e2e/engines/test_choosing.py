"""The first engine that runs images, by trying; or the one that is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.engines.lab import Lab

from hitless.engines.choosing import NAMES, SANDBOXES

HERE = Path(__file__).parent
PROGRAMS = sorted({program for programs in SANDBOXES.values() for program in programs} | {"sh", "cp", "mkdir"})
FAILING = 'echo "no way" >&2; exit 1'


class Choosing:
    """In the lab, with some programs only."""

    def __init__(self, lab: Lab, layout: Path, folder: Path) -> None:
        self._lab, self._layout, self.folder = lab, layout, folder
        for name in PROGRAMS:
            if (place := shutil.which(name)) is not None and name not in SANDBOXES:
                (folder / name).symlink_to(place)

    def has(self, *names: str) -> None:
        for name in names:
            if name in SANDBOXES and shutil.which(name) is None:
                pytest.skip(f"not installed: {name}")
            if name in SANDBOXES:
                (self.folder / name).symlink_to(str(shutil.which(name)))
            else:
                program = self._lab.folder / "inside" / name
                self.write(name, f'PATH={os.environ["PATH"]} exec {program} "$@"')

    def write(self, name: str, script: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / name).chmod(0o755)

    def chosen(self, name: str = "") -> Any:
        words = (sys.executable, str(HERE / "chosen_client.py"), str(self._layout), name, str(self.folder))
        done = subprocess.run(self._lab.command(*words), capture_output=True, text=True, check=False, timeout=100)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def choosing(lab: Lab, base: Path, tmp_path: Path) -> Choosing:
    return Choosing(lab, base, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_that_is_there(choosing: Choosing, lab: Lab, name: str) -> None:
    if name in ("podman", "docker"):
        lab.need(name)
    choosing.has(name)
    seen = choosing.chosen()
    assert seen.get("engine") == name, seen
    assert [line.partition(":")[0] for line in seen["passed over"]] == list(NAMES[: NAMES.index(name)])
    assert seen["left"] is False


def test_one_that_does_not_run_is_passed_over(choosing: Choosing) -> None:
    choosing.has("bwrap")
    for name in ("docker", "podman", "runc"):
        choosing.write(name, FAILING)
    seen = choosing.chosen()
    assert seen["engine"] == "bwrap"
    assert len(seen["passed over"]) == 3
    assert "no way" in " ".join(seen["passed over"])
    assert "runc cannot be used: runc did not start it: no way" in choosing.chosen("runc")["error"]


def test_none(choosing: Choosing) -> None:
    error = choosing.chosen()["error"]
    assert "an image cannot be run here" in error
    assert "docker: it is not installed" in error
    assert "runc: not installed: runc" in error
    assert "Choose one of docker, podman, runc, bwrap" in choosing.chosen("dcoker")["error"]
