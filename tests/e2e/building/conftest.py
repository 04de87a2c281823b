"""A base image of Debian's packages and a cache, once for all tests of this folder and all workers of the run."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from tests.e2e.command_line import hitless


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of a run."""
    here = tmp_path_factory.getbasetemp()
    return here.parent if os.environ.get("PYTEST_XDIST_WORKER") else here


@pytest.fixture(scope="session")
def base(shared: Path) -> Path:
    """The layout of a base, made by `hitless base make`."""
    if shutil.which("mmdebstrap") is None or os.geteuid():
        pytest.skip("mmdebstrap, run by root, makes the base image of these tests")
    folder = shared / "debian-base"
    with (shared / "debian-base.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            done = hitless("base", "make", shared / "debian-base-new")
            assert done.returncode == 0, done.stderr
            (shared / "debian-base-new").rename(folder)
    return folder


@pytest.fixture(scope="session")
def cache(shared: Path) -> Path:
    """Wheels are fetched once."""
    return shared / "hitless-cache"
