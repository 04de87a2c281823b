"""The oracle: what is wrong with an image is found and named, all of it; a good image gives nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.images.samples import file, image_of, layer_of, layer_of_tar, small_image, tar_of

from hitless.images.configuration import empty
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor
from hitless.images.media import DOCKER_LAYER
from hitless.images.packing import gzip, stored
from hitless.images.validate import validate


def changed(layer: Layer, data: bytes) -> Layer:
    return Layer(Blob(layer.descriptor, lambda: io.BytesIO(data)), layer.diff_id)


def other_diff_id() -> Image:
    one = layer_of(file("a"), packing=stored())
    return image_of(Layer(one.blob, layer_of(file("b")).diff_id))


def flipped() -> Image:
    one = layer_of(file("a", b"1"))
    data = bytearray(one.blob.open().read())
    data[512] ^= 1
    return image_of(changed(one, bytes(data)), layer_of(file("b")))


def two_are_damaged() -> Image:
    one, two = layer_of(file("a", b"1")), layer_of(file("b", b"2"))
    return image_of(changed(one, b""), layer_of(file("c")), changed(two, two.blob.open().read() + b"x"))


def mixed() -> Image:
    one = layer_of(file("a"))
    known = one.descriptor
    return image_of(Layer(Blob(Descriptor(DOCKER_LAYER, known.digest, known.size), one.blob.open), one.diff_id))


def unknown_type() -> Image:
    one = layer_of(file("a"))
    known = one.descriptor
    descriptor = Descriptor("application/vnd.oci.empty.v1+json", known.digest, known.size)
    return image_of(Layer(Blob(descriptor, one.blob.open), one.diff_id))


def history_too_short() -> Image:
    one = layer_of(file("a"))
    return Image(empty(small_image().platform).appended([one.diff_id], [], "").appended([], [{}, {}], ""), (one,))


def other_manifest() -> Image:
    image = small_image()
    return replace(small_image(text=b"other"), read_manifest=image.manifest)


def too_many() -> Image:
    return image_of(*[layer_of(file("a"))] * 128)


CASES: list[tuple[str, Callable[[], Image], list[str]]] = [
    ("good", small_image, []),
    ("good, packed", lambda: image_of(layer_of(file("a"), packing=gzip()), layer_of(file("a"), packing=stored())), []),
    ("no layer", image_of, []),
    ("127 layers", lambda: image_of(*[layer_of(file("a"))] * 127), []),
    ("128 layers", too_many, ["IMG-35"]),
    ("no tar", lambda: image_of(layer_of_tar(b"no tar" * 500)), ["IMG-1"]),
    ("diff_id", other_diff_id, ["IMG-1"]),
    ("a bit", flipped, ["IMG-1"]),
    ("two", two_are_damaged, ["IMG-1", "IMG-1"]),
    ("hard link to nothing", lambda: image_of(layer_of(file("x", b""), file("../a"))), ["IMG-2"]),
    ("mixed types", mixed, ["IMG-33"]),
    ("unknown type", unknown_type, ["IMG-2"]),
    ("history", history_too_short, ["IMG-34"]),
    ("manifest of another", other_manifest, ["IMG-31", "IMG-1"]),
    ("twice", lambda: image_of(layer_of(file("a"), file("a"))), ["IMG-36"]),
]


@pytest.mark.parametrize(("make", "ids"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_is_found(make: Callable[[], Image], ids: list[str]) -> None:
    found = validate(make())
    assert [problem.id for problem in found] == ids
    assert all(problem.message and problem.remedy for problem in found)


def test_what_lies_behind_the_end_of_the_tar_counts() -> None:
    """It belongs to the digests; nobody sees it."""
    assert validate(image_of(layer_of_tar(tar_of([file("a")]) + b"x" * 100_000))) == []
