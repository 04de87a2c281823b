"""Shared by all tests: where things are, and the rule that CI skips nothing."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("hitless", deadline=None)  # machines stall; what hangs is ended by the run
settings.load_profile("hitless")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def mnist_example() -> Path:
    return REPOSITORY / "examples" / "mnist"


@pytest.fixture(scope="session")
def mnist_data() -> Path:
    """The folder of the MNIST test images in IDX format: $MNIST_DATA, or a folder `mnist` near the checkout."""
    given = os.environ.get("MNIST_DATA")
    near = [REPOSITORY / "data" / "mnist", REPOSITORY.parent / "mnist", *sorted(REPOSITORY.parent.glob("*/mnist"))]
    for folder in [Path(given)] if given else near:
        if (folder / "t10k-images-idx3-ubyte.gz").is_file():
            return folder
    pytest.skip("the MNIST images are not here: set MNIST_DATA to the folder with t10k-images-idx3-ubyte.gz")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped has failed: CI installs all that the tests need."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
