"""What is left out of an image is not missed: the example's is small, and does all that the example does."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from tests.e2e.building.unpacked import running
from tests.e2e.command_line import hitless
from tests.e2e.serving_process import write_package

from hitless.building.keys import MARK
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

MOST_BYTES = 120_000_000  # of all layers of ours, unpacked

SCHEMA = {
    "model_algorithm": "sum", "model_type": "Image", "health": {"url": "/health"},
    "apis": [{"url": "/", "method": "post", "request": {"Content-type": "application/json", "data": {
        "type": "object", "properties": {"values": {"type": "array", "items": {"type": "number"}, "minItems": 1}},
        "required": ["values"]}}, "response": {"Content-type": "application/json", "data": {"type": "number"}}}],
}  # fmt: skip
MODEL = """\
import sys


class Model:
    def predict(self, values: list[float]) -> float:
        assert "jsonschema_rs" in sys.modules
        return sum(values)
"""


def test_the_own_layers_of_the_example_stay_small(mnist_layout: Path) -> None:
    image = read_image(LayoutSource(mnist_layout), "the image")
    marks = [str(entry.get("comment", "")) for entry in image.configuration.history]
    sizes = [int(mark.rpartition(":")[2]) for mark in marks if mark.startswith(MARK)]
    assert len(sizes) >= 6
    assert 60_000_000 < sum(sizes) <= MOST_BYTES


def test_the_example_reads_every_picture_without_what_was_trimmed(
    mnist_layout: Path, mnist_example: Path, tmp_path: Path
) -> None:
    pictures = {name: (mnist_example / name).read_bytes() for name in ("seven.jpg", "seven-photo.png")}
    for kind in ("WEBP", "GIF", "BMP"):
        Image.open(mnist_example / "seven.jpg").save(tmp_path / kind, kind)
        pictures[kind] = (tmp_path / kind).read_bytes()
    with running(mnist_layout, "mnist:v1", tmp_path) as client:
        answers = {name: client.post("/", files={"images": data}).json() for name, data in pictures.items()}
        assert answers == {name: {"mnist_result": 7} for name in pictures}
        refused = client.post("/", files={"images": b"II*\0 no picture"})
        assert (refused.status_code, "BMP" in refused.json()["detail"]) == (422, True)


def test_a_schema_is_checked_by_stripped_libraries(base: Path, cache: Path, tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", SCHEMA, MODEL)
    done = hitless("build", package, "--base", base, "--cache", cache, "-o", tmp_path / "image", "-t", "sum:v1")
    assert done.returncode == 0, done.stderr
    with running(tmp_path / "image", "sum:v1", tmp_path) as client:
        assert client.post("/", json={"values": [1, 2.5]}).json() == 3.5
        refused = client.post("/", json={"values": ["x"]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "values/0")
