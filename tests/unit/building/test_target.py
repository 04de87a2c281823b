"""Which wheels fit an image: tags by processor, Python and C library."""

from __future__ import annotations

import pytest
from packaging.tags import Tag

from hitless.building.target import Target
from hitless.images.manifest import Platform

AMD64, ARM64 = Platform("amd64", "linux"), Platform("arm64", "linux")
BOOKWORM = Target(AMD64, (3, 11), "glibc", (2, 36))


@pytest.mark.parametrize(
    ("target", "tag", "fits"),
    [
        pytest.param(BOOKWORM, "cp311-cp311-manylinux_2_28_x86_64", True, id="older-glibc"),
        pytest.param(BOOKWORM, "cp311-cp311-manylinux2014_x86_64", True, id="an-old-name"),
        pytest.param(BOOKWORM, "cp311-cp311-manylinux1_x86_64", True, id="the-oldest-name"),
        pytest.param(BOOKWORM, "cp39-abi3-manylinux_2_17_x86_64", True, id="stable-abi"),
        pytest.param(BOOKWORM, "py3-none-any", True, id="pure"),
        pytest.param(BOOKWORM, "cp311-cp311-manylinux_2_37_x86_64", False, id="newer-glibc"),
        pytest.param(BOOKWORM, "cp312-cp312-manylinux_2_28_x86_64", False, id="newer-python"),
        pytest.param(BOOKWORM, "cp312-abi3-manylinux_2_17_x86_64", False, id="newer-stable-abi"),
        pytest.param(BOOKWORM, "cp311-cp311-manylinux_2_28_aarch64", False, id="another-processor"),
        pytest.param(BOOKWORM, "cp311-cp311-musllinux_1_2_x86_64", False, id="another-libc"),
        pytest.param(BOOKWORM, "cp311-cp311-macosx_11_0_arm64", False, id="another-system"),
        pytest.param(Target(ARM64, (3, 13), "glibc", (2, 41)), "cp313-cp313-manylinux_2_17_aarch64", True, id="arm"),
        pytest.param(Target(AMD64, (3, 12), "musl", (1, 2)), "cp312-cp312-musllinux_1_1_x86_64", True, id="musl"),
        pytest.param(Target(AMD64, (3, 12), "musl", (1, 2)), "cp312-cp312-manylinux_2_17_x86_64", False, id="not-musl"),
    ],
)
def test_tags(target: Target, tag: str, fits: bool) -> None:
    assert (Tag(*tag.split("-")) in target.tags) is fits


def test_the_best_come_first() -> None:
    order = [
        "cp311-cp311-manylinux_2_36_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-abi3-manylinux_2_17_x86_64",
        "py3-none-any",
    ]
    ranks = [BOOKWORM.tags.index(Tag(*tag.split("-"))) for tag in order]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param(BOOKWORM, "x86_64-manylinux_2_36", id="glibc"),
        pytest.param(Target(ARM64, (3, 13), "glibc", (2, 45)), "aarch64-manylinux_2_40", id="newer-than-uv-knows"),
        pytest.param(Target(AMD64, (3, 12), "musl", (1, 2)), "x86_64-unknown-linux-musl", id="musl"),
    ],
)
def test_as_uv_names_it(target: Target, name: str) -> None:
    assert target.uv_platform == name


def test_in_words() -> None:
    assert str(BOOKWORM) == "linux/amd64, Python 3.11, glibc 2.36"
