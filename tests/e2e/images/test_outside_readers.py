"""Layouts and archives that we write are read without complaint by those who read images; and we read theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.images.outside import Store, needs, needs_root, run
from tests.unit.images.samples import file, folder, hardlink, image_of, layer_of, symlink

from hitless.images.archive import archive_source, write_archive
from hitless.images.image import Image
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.packing import gzip, plain, stored
from hitless.images.reading import read_image
from hitless.images.reference import parse_reference
from hitless.images.validate import validate

NAME = "127.0.0.1:5000/team/app:v1"
REFERENCE = parse_reference(NAME)


@pytest.fixture(scope="module")
def image() -> Image:
    """A layer of each packing."""
    return image_of(
        layer_of(folder("bin"), file("bin/sh", b"\x7fELF" * 999, mode=0o755), symlink("sh", "bin/sh"), packing=gzip()),
        layer_of(file("opt/weights", bytes(range(256)) * 999), hardlink("opt/again", "opt/weights"), packing=plain()),
        layer_of(file("home/run.sh", b"#!/bin/sh\n", mode=0o755), packing=stored()),
        execution={"Cmd": ["sh", "/home/run.sh"], "User": "1000:100", "ExposedPorts": {"8080/tcp": {}}},
    )


@pytest.fixture
def archive(image: Image, tmp_path: Path) -> Path:
    write_archive(tmp_path / "app.tar", {REFERENCE: image})
    return tmp_path / "app.tar"


@pytest.fixture
def layout(image: Image, tmp_path: Path) -> Path:
    write_layout(tmp_path / "layout", {"v1": image})
    return tmp_path / "layout"


@pytest.fixture
def store() -> Iterator[Store]:
    needs("podman", "buildah")
    needs_root()
    store = Store()
    yield store
    store.remove()


def test_skopeo_reads_a_layout(layout: Path, image: Image) -> None:
    needs("skopeo")
    told = json.loads(run("skopeo", "inspect", f"oci:{layout}:v1"))
    assert told["Digest"] == image.digest
    assert told["Layers"] == [layer.descriptor.digest for layer in image.layers]


def test_skopeo_reads_an_archive_in_both_ways(archive: Path, image: Image) -> None:
    needs("skopeo")
    assert json.loads(run("skopeo", "inspect", f"oci-archive:{archive}:v1"))["Digest"] == image.digest
    config = json.loads(run("skopeo", "inspect", "--config", f"docker-archive:{archive}:{NAME}"))
    assert config["rootfs"]["diff_ids"] == [layer.diff_id for layer in image.layers]


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci"])
def test_we_read_what_skopeo_writes(layout: Path, image: Image, tmp_path: Path, kind: str) -> None:
    needs("skopeo")
    target = tmp_path / "theirs"
    keep = [] if kind == "docker-archive" else ["--preserve-digests"]  # else it packs what is not packed
    run("skopeo", "copy", "--quiet", *keep, f"oci:{layout}:v1", f"{kind}:{target}:team/app:v2")
    source = LayoutSource(target) if kind == "oci" else archive_source(target)
    theirs = read_image(source, kind)
    assert validate(theirs) == []
    assert [layer.diff_id for layer in theirs.layers] == [layer.diff_id for layer in image.layers]
    assert theirs.configuration.effective_command == ("sh", "/home/run.sh")
    if kind != "docker-archive":
        assert theirs.digest == image.digest


def test_umoci_reads_a_layout(layout: Path) -> None:
    needs("umoci")
    assert run("umoci", "list", "--layout", layout).split() == ["v1"]
    history = json.loads(run("umoci", "stat", "--json", "--image", f"{layout}:v1"))["history"]
    assert [entry["created_by"] for entry in history] == ["layer 0", "layer 1", "layer 2"]


def test_podman_loads_an_archive(store: Store, archive: Path, image: Image) -> None:
    assert NAME in store.podman("load", "--quiet", "--input", archive)
    (told,) = json.loads(store.podman("image", "inspect", NAME))
    assert told["Id"] == image.configuration.digest.partition(":")[2]
    assert told["Digest"] == image.digest
    assert told["Config"]["Cmd"] == ["sh", "/home/run.sh"]


def test_we_read_what_podman_saves(store: Store, archive: Path, image: Image, tmp_path: Path) -> None:
    store.podman("load", "--quiet", "--input", archive)
    for form in ("docker-archive", "oci-archive"):
        store.podman("save", "--quiet", "--format", form, "--output", tmp_path / f"{form}.tar", NAME)
        theirs = read_image(archive_source(tmp_path / f"{form}.tar"), form)
        assert validate(theirs) == []
        assert theirs.configuration.diff_ids == image.configuration.diff_ids


def test_buildah_starts_from_our_layout(store: Store, layout: Path) -> None:
    container = store.buildah("from", f"oci:{layout}:v1").strip()
    try:
        assert json.loads(store.buildah("inspect", container))["OCIv1"]["config"]["User"] == "1000:100"
    finally:
        store.buildah("rm", container)
