"""The engines of these tests, in a lab, and the images in them. Each image is loaded once into each engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.lab import Lab, joined

from hitless.engines.containers import ContainerEngine
from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.reference import parse_reference


@pytest.fixture(scope="session")
def lab(shared: Path) -> Iterator[Lab]:
    with joined(shared) as found:
        yield found


@pytest.fixture(params=["podman", "docker"])
def engine(lab: Lab, request: pytest.FixtureRequest) -> ContainerEngine:
    return lab.engine(request.param)


@pytest.fixture
def mnist_image(mnist_layout: Path) -> Image:
    return read_image(LayoutSource(mnist_layout), "the image of the example")


def loaded(engine: ContainerEngine, image: Image, name: str, lab: Lab) -> str:
    """Its id in the engine."""
    reference = parse_reference(f"localhost/{name}")
    with one_at_a_time(lab.folder / f"{engine.name}-load.lock"):
        return engine.identity(str(reference)) or engine.load(image, reference)


@pytest.fixture
def mnist(engine: ContainerEngine, mnist_image: Image, lab: Lab) -> str:
    """The id of the example's image in the engine."""
    return loaded(engine, mnist_image, "mnist:v1", lab)


@pytest.fixture(autouse=True)
def _small_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of who runs the tests reaches the engines, but for where programs are."""
    for name in [name for name in os.environ if name.startswith(("DOCKER_", "CONTAINER", "HITLESS_"))]:
        monkeypatch.delenv(name)
