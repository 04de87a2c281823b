"""`hitless build --push`: what a registry has is neither made nor sent again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.command_line import hitless
from tests.e2e.http import packages
from tests.e2e.images.real_registry import RealRegistry

from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.reference import parse_reference
from hitless.images.registry.source import RegistrySource

SENT = re.compile(r"^([0-9.]+) (B|kB|MB) sent, (\d+) of (\d+) blobs; (\d+) were there already$", re.MULTILINE)
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    with RealRegistry(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


def pushed(package: Path, base: str | Path, cache: Path, reference: str) -> tuple[float, int, str]:
    """Bytes sent, blobs sent, and all that was said."""
    done = hitless("build", package, "--base", base, "--cache", cache, "-t", reference, "--push")
    assert done.returncode == 0, done.stderr
    found = SENT.search(done.stdout)
    assert found is not None, done.stdout
    return float(found[1]) * UNITS[found[2]], int(found[3]), done.stdout


def test_a_change_of_code_sends_one_small_layer_also_from_a_fresh_clone(
    package: Path, base: Path, cache: Path, registry: RealRegistry, tmp_path: Path
) -> None:
    reference = f"{registry.host}/team/app:v1"
    pushed(package, base, cache, reference)
    packages.new_version(package, packages.LOADING.replace("VERSION = 1", "VERSION = 2"))
    sent, blobs, _ = pushed(package, base, cache, reference)
    assert sent <= 50_000
    assert blobs == 2  # the package's layer and the configuration
    clone = tmp_path / "clone"
    shutil.copytree(package, clone)
    packages.new_version(clone, packages.LOADING.replace("VERSION = 1", "VERSION = 3"))
    sent, blobs, said = pushed(clone, base, tmp_path / "no-cache", reference)
    assert sent <= 50_000
    assert blobs == 2
    assert len(re.findall(r" registry$", said, re.MULTILINE)) >= 3
    assert not (tmp_path / "no-cache" / "wheels").exists()
    with RegistrySource(parse_reference(reference)) as source:
        there = read_image(source, "what is there").digest
    assert there in said
    assert pushed(clone, base, cache, f"{registry.host}/team/other:v1")[2].find(there) > 0  # made here: the same


def test_the_layers_of_a_base_at_the_same_registry_are_mounted(
    package: Path, base: Path, cache: Path, registry: RealRegistry
) -> None:
    below = f"{registry.host}/bases/debian:12"
    done = hitless("push", base, below)
    assert done.returncode == 0, done.stderr
    sent, _, said = pushed(package, below, cache, f"{registry.host}/team/app:v1")
    image = read_image(LayoutSource(base), "the base")
    assert sent < image.layers[0].descriptor.size
    assert "1 were there already" in said


def test_a_registry_that_lets_nobody_in_is_named(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    with RealRegistry(tmp_path / "registry", logs_in=True) as registry:
        arguments = ("--base", base, "--cache", cache, "-t", f"{registry.host}/team/app:v1", "--push")
        done = hitless("build", package, *arguments, HOME=str(tmp_path), DOCKER_CONFIG=str(tmp_path))
    assert done.returncode == 2, done.stderr
    assert "REG-2" in done.stderr
    assert "Traceback" not in done.stderr
