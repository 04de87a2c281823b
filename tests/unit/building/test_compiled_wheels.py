"""Wheels that a base brings: found by package, taken out only if they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.images.samples import file, image_of, layer_of, symlink

from hitless.building.base import BaseFacts
from hitless.building.compiled_wheels import compiled_in, compiled_in_base
from hitless.building.places import is_compiled_wheel
from hitless.building.target import Target
from hitless.building.wheelhouse import Wheelhouse
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Platform

TARGET = Target(Platform("amd64", "linux"), (3, 11), "glibc", (2, 36))
DOCOPT, OTHER = "opt/hitless-wheels/docopt-0.6.2-py3-none-any.whl", "opt/hitless-wheels/My_Other.Pkg-1-py3-none-any.whl"
FILES: Mapping[str, bytes] = {
    DOCOPT: b"one",
    OTHER: b"two",
    "opt/hitless-wheels/notes.txt": b"3",
    "opt/x-1-a.whl": b"4",
}
IMAGE = image_of(
    layer_of(*(file(path, content) for path, content in FILES.items()), symlink("opt/hitless-wheels/l-1.whl", "/x"))
)
FACTS = BaseFacts(TARGET, "/usr/bin/python3", wheels=tuple(filter(is_compiled_wheel, FILES)))


def contents(found: Mapping[str, Path]) -> Mapping[str, tuple[str, bytes]]:
    return {name: (path.name, path.read_bytes()) for name, path in found.items()}


def test_all_of_an_image(tmp_path: Path) -> None:
    assert contents(compiled_in(IMAGE, Wheelhouse(tmp_path))) == {
        "docopt": ("docopt-0.6.2-py3-none-any.whl", b"one"),
        "my-other-pkg": ("My_Other.Pkg-1-py3-none-any.whl", b"two"),
    }


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param(["docopt", "numpy"], {"docopt"}, id="one-of-them"),
        pytest.param(["my-other-pkg"], {"my-other-pkg"}, id="by-its-normal-name"),
        pytest.param(["notes", "x", "l"], set(), id="what-is-no-wheel-there"),
        pytest.param([], set(), id="nothing-is-asked-for"),
    ],
)
def test_those_of_a_base(tmp_path: Path, names: list[str], found: set[str]) -> None:
    assert set(compiled_in_base(IMAGE, FACTS, names, Wheelhouse(tmp_path))) == found


def test_a_base_without_any_is_not_read(tmp_path: Path) -> None:
    layer = layer_of(file("x"))
    unread = image_of(Layer(Blob(layer.descriptor, lambda: pytest.fail("it was read")), layer.diff_id))
    assert compiled_in_base(unread, BaseFacts(TARGET, "/python3"), ["docopt"], Wheelhouse(tmp_path)) == {}
