"""A push that is killed in the middle of 64 MB goes on where it was, when it is started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.images.faulty_registry import Faults, FaultyRegistry
from tests.e2e.images.image_samples import random_image
from tests.e2e.images.pushing import is_whole
from tests.e2e.images.real_registry import RealRegistry
from tests.e2e.serving_process import DIES_WITH_US

from hitless.images.image import Image
from hitless.images.layout import write_layout
from hitless.images.reading import read_image
from hitless.images.reference import Reference
from hitless.images.registry.session import Chunking
from hitless.images.registry.source import RegistrySource

REPOSITORY = Path(__file__).parents[3]
SIZE = 64_000_000
CHUNK = Chunking().chunk_bytes(SIZE)
ENDED_WITHIN_S = 120


@pytest.fixture
def image(tmp_path: Path) -> Image:
    made = random_image(SIZE, 2000)
    write_layout(tmp_path / "layout", {"v1": made})
    return made


def started(reference: Reference, folder: Path, stop_at: int) -> subprocess.Popen[str]:
    arguments = [str(folder / "layout"), str(reference), str(folder / "uploads"), str(stop_at)]
    command = [*DIES_WITH_US, sys.executable, "-m", "tests.e2e.images.pushing_process", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)


def killed_at(reference: Reference, folder: Path, stop_at: int) -> None:
    process = started(reference, folder, stop_at)
    assert process.stdout is not None
    said = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=ENDED_WITHIN_S)
    assert said == "stuck\n", errors


def bytes_sent_by_another(reference: Reference, folder: Path) -> int:
    output, errors = started(reference, folder, -1).communicate(timeout=ENDED_WITHIN_S)
    assert errors == ""
    return int(output)


@pytest.mark.parametrize("keeps", ["all", "chunks"])
def test_a_killed_push_goes_on(tmp_path: Path, image: Image, keeps: str) -> None:
    stop_at = SIZE * 6 // 10 + 1234
    with FaultyRegistry(Faults(keeps=keeps)) as registry:
        reference = registry.reference("team/app:v1")
        killed_at(reference, tmp_path, stop_at)
        (kept,) = (tmp_path / "uploads").glob("*.json")
        assert kept.stat().st_mode & 0o077 == 0
        assert json.loads(kept.read_text())["offset"] >= stop_at - 2 * CHUNK
        sent = bytes_sent_by_another(reference, tmp_path)
        assert is_whole(registry, image)
        assert sent <= image.layers[0].descriptor.size - stop_at + CHUNK
        assert registry.received < 1.02 * SIZE
        assert list((tmp_path / "uploads").iterdir()) == []


def test_what_the_registry_has_forgotten_is_sent_anew(tmp_path: Path, image: Image) -> None:
    with FaultyRegistry() as registry:
        reference = registry.reference("team/app:v1")
        killed_at(reference, tmp_path, SIZE // 2)
        registry.uploads.clear()
        assert bytes_sent_by_another(reference, tmp_path) >= SIZE
        assert is_whole(registry, image)
        assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("stop_at", "goes_on"),
    [
        pytest.param(CHUNK * 70, True, id="between two chunks"),
        pytest.param(CHUNK * 70 + CHUNK // 2, False, id="within a chunk: this registry forgets the upload"),
    ],
)
def test_the_distributions_registry(tmp_path: Path, image: Image, stop_at: int, goes_on: bool) -> None:
    with RealRegistry(tmp_path / "registry") as registry:
        reference = registry.reference("team/app:v1")
        killed_at(reference, tmp_path, stop_at)
        sent = bytes_sent_by_another(reference, tmp_path)
        assert (sent < SIZE - stop_at + CHUNK) is goes_on
        with RegistrySource(reference) as source:
            pulled = read_image(source, "it")
            assert pulled.digest == image.digest
            with pulled.layers[0].blob.read() as stream:
                assert sum(len(piece) for piece in iter(lambda: stream.read(1 << 20), b"")) > SIZE
