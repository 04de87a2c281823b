"""The image of a batch service: Java, zip and Python are there, and the server runs beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.command_line import hitless
from tests.e2e.conftest import made_once, one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab
from tests.e2e.http import packages

from hitless.engines.containers import ContainerEngine
from hitless.engines.running import Start, started
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

ENDS_WITHIN_S = 60.0
COMMANDS = "set -ex; java -version; zip -v; unzip -v; python3 --version; python3 -c 'import hitless.serving.worker'"
SAID = ("openjdk version", "This is Zip 3", "UnZip 6", "Python 3.11")


@pytest.fixture(scope="session")
def package(shared: Path) -> Path:
    folder = shared / "batch-package"
    with one_at_a_time(shared / "batch-package.lock"):
        if not folder.exists():
            packages.loading(folder)
            (folder / "hitless.toml").write_text("[build]\nbatch = true\n")
    return folder


@pytest.fixture
def batch(shared: Path, package: Path, batch_base: Path, cache: Path, engine: ContainerEngine, lab: Lab) -> str:
    """The id of its image in the engine."""
    command = ("build", package, "--base", batch_base, "--cache", cache, "-t", "batch:v1", "-o")
    layout = made_once(shared / "batch-image", *command)
    return loaded(engine, read_image(LayoutSource(layout), "the image"), "batch:v1", lab)


def test_what_a_batch_service_needs_is_there(batch: str, engine: ContainerEngine) -> None:
    """The tools, and the server beside them."""
    with started(engine, Start(batch, command=("sh", "-c", COMMANDS), port=0)) as instance:
        assert instance.wait(ENDS_WITHIN_S) == 0, instance.logs()
        said = instance.logs()
    assert [word for word in SAID if word not in said] == []


def test_java_runs_a_program(batch: str, engine: ContainerEngine) -> None:
    """Not only its version: a class of its own library, with a clean end."""
    with started(
        engine, Start(batch, command=("java", "-XshowSettings:vm", "-Xmx64m", "-version"), port=0)
    ) as instance:
        assert instance.wait(ENDS_WITHIN_S) == 0, instance.logs()
        assert "Max. Heap Size: 64.00M" in instance.logs()


def test_a_base_without_java_is_refused(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    done = hitless("build", package, "--base", base, "--cache", cache, "-o", tmp_path / "image")
    assert (done.returncode, done.stdout) == (2, "")
    assert "BUILD-7" in done.stderr
    assert "java, zip, unzip" in done.stderr
    assert not (tmp_path / "image").exists()
