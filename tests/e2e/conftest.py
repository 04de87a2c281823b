"""What tests of images share: base images of Debian's packages, the image of the MNIST example, a cache.

Each is made once for all workers of a run, by the first that needs it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.command_line import PROGRAM, environment

MADE_WITHIN_S = 300.0  # by a machine that does much else


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of a run."""
    here = tmp_path_factory.getbasetemp()
    return here.parent if os.environ.get("PYTEST_XDIST_WORKER") else here


@contextlib.contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Among all processes of a run."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(folder: Path, *command: str | Path) -> Path:
    """What `hitless COMMAND` makes at the end of its arguments: the folder, whole or not at all."""
    with one_at_a_time(folder.with_suffix(".lock")):
        if not folder.exists():
            new = folder.with_suffix(".new")
            arguments = [*PROGRAM, *map(str, command), str(new)]
            done = subprocess.run(
                arguments, capture_output=True, text=True, env=environment(), timeout=MADE_WITHIN_S, check=False
            )
            assert done.returncode == 0, done.stderr
            new.rename(folder)
    return folder


def need_mmdebstrap() -> None:
    if shutil.which("mmdebstrap") is None or os.geteuid():
        pytest.skip("mmdebstrap, run by root, makes the base image of these tests")


@pytest.fixture(scope="session")
def base(shared: Path) -> Path:
    """The layout of a base, made by `hitless base make`."""
    need_mmdebstrap()
    return made_once(shared / "debian-base", "base", "make")


@pytest.fixture(scope="session")
def batch_base(shared: Path) -> Path:
    """The same with Java, zip and unzip."""
    need_mmdebstrap()
    return made_once(shared / "batch-base", "base", "make", "--batch")


@pytest.fixture(scope="session")
def cache(shared: Path) -> Path:
    """Wheels are fetched once."""
    return shared / "hitless-cache"


@pytest.fixture(scope="session")
def mnist_layout(shared: Path, base: Path, cache: Path, mnist_example: Path) -> Path:
    """The image that `hitless build` makes of the example, in a layout under the name mnist:v1."""
    package = shared / "mnist"
    with one_at_a_time(shared / "mnist-package.lock"):
        if not package.exists():
            shutil.copytree(mnist_example, package, ignore=shutil.ignore_patterns("__pycache__"))
    return made_once(
        shared / "mnist-image", "build", package, "--base", base, "--cache", cache, "-t", "mnist:v1", "-o"
    )  # fmt: skip
