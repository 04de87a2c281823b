"""Layouts: what is written is read again, tags move, nothing is half there, and nothing else is believed to be one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.unit.images.samples import file, image_of, layer_of, small_image

from hitless.errors import UnavailableError
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layout import LayoutSource, put_blob, write_index, write_layout
from hitless.images.manifest import Platform
from hitless.images.reading import read_image, read_images
from hitless.images.validate import validate

ARM = Platform("arm64", "linux", "v8")


def read(folder: Path, name: str = "", platform: Platform | None = None) -> Image:
    image = read_image(LayoutSource(folder, name), "it", platform)
    assert validate(image) == []
    return image


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_round_trip(tmp_path: Path) -> None:
    image, moved = small_image(), list[int]()
    write_layout(tmp_path / "new" / "layout", {"v1": image}, moved.append)
    again = read(tmp_path / "new" / "layout")
    assert (again.digest, again.manifest.data, again.configuration.data) == (
        image.digest, image.manifest.data, image.configuration.data)  # fmt: skip
    assert sum(moved) == image.size - len(image.manifest.data)
    assert set(files(tmp_path / "new" / "layout")) == {
        "oci-layout", "index.json", *(f"blobs/{blob.descriptor.digest.replace(':', '/')}" for blob in image.blobs),
        f"blobs/{image.digest.replace(':', '/')}",
    }  # fmt: skip


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": small_image()})
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*") if path.is_file()} == {"0o644"}


def test_tags_move_and_others_stay(tmp_path: Path) -> None:
    one, two, three = small_image(), small_image(text=b"2"), small_image(text=b"3")
    write_layout(tmp_path, {"v1": one, "v2": two})
    write_layout(tmp_path, {"v1": three})
    assert (read(tmp_path, "v1").digest, read(tmp_path, "v2").digest) == (three.digest, two.digest)
    assert {image.digest for image in read_images(LayoutSource(tmp_path), "it")} == {two.digest, three.digest}


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": small_image()})
    before = {path: path.stat().st_ino for path in (tmp_path / "blobs").rglob("*")}
    content = files(tmp_path)
    write_layout(tmp_path, {"v1": small_image()})
    assert {path: path.stat().st_ino for path in (tmp_path / "blobs").rglob("*")} == before
    assert files(tmp_path) == content


def test_platforms(tmp_path: Path) -> None:
    one, two = small_image(), small_image(ARM)
    write_index(tmp_path, "v1", [one, two])
    assert read(tmp_path, platform=Platform.parse("linux/amd64")).digest == one.digest
    assert read(tmp_path, "v1", Platform.parse("linux/arm64")).digest == two.digest
    assert [image.digest for image in read_images(LayoutSource(tmp_path), "it")] == [one.digest, two.digest]
    with pytest.raises(ImageError, match=r"several images: linux/amd64, linux/arm64/v8[^C]*Choose one with --platform"):
        read(tmp_path)
    with pytest.raises(ImageError, match="no image for linux/s390x, but for linux/amd64, linux/arm64/v8"):
        read(tmp_path, platform=Platform.parse("linux/s390x"))


def test_one_image_with_two_tags_is_one_image(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": small_image(), "v2": small_image()})
    assert read(tmp_path).digest == small_image().digest


def test_a_tag_that_is_not_there(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": small_image()})
    with pytest.raises(ImageError, match="has no image 'v2', but: v1"):
        read(tmp_path, "v2")


def test_a_damaged_image_leaves_nothing_behind(tmp_path: Path) -> None:
    good = small_image()
    write_layout(tmp_path, {"v1": good})
    before = files(tmp_path)
    bad = image_of(layer_of(file("x", b"1")))
    object.__setattr__(bad.layers[0].blob, "open", good.layers[0].blob.open)
    with pytest.raises(ImageError, match="is damaged"):
        write_layout(tmp_path, {"v2": bad})
    assert files(tmp_path) == before


def test_a_blob_of_another_size_is_written_anew(tmp_path: Path) -> None:
    blob = small_image().layers[0].blob
    place = put_blob(tmp_path, blob)
    place.write_bytes(b"cut off")
    assert put_blob(tmp_path, blob).stat().st_size == blob.descriptor.size


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError, match="cannot be written"):
        write_layout(tmp_path / "file", {"v1": small_image()})


BROKEN = [
    ("oci-layout", None, "oci-layout is missing"),
    ("oci-layout", b"{", "oci-layout: "),
    ("oci-layout", b'{"imageLayoutVersion":"2"}', "its version is not 1.0.0"),
    ("oci-layout", b"[]", "its version is not 1.0.0"),
    ("oci-layout", b"[" * 100_000, "oci-layout: "),
    ("index.json", None, "index.json is missing"),
    ("index.json", b"{", "truncated"),
    ("index.json", b" " * (5 << 20), "larger than registries take"),
    ("index.json", b'{"config":{"mediaType":"","digest":"x","size":1},"layers":[]}', "missing required field"),
    ("index.json", b'{"manifests":[]}', "its index names no image"),
    ("index.json", b'{"manifests":[{"mediaType":"x","digest":"sha256:../../x","size":1}]}', "is no digest"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "reason"), BROKEN, ids=[f"{row[0]}: {row[2]}" for row in BROKEN])
def test_what_is_no_layout(tmp_path: Path, name: str, data: bytes | None, reason: str) -> None:
    write_layout(tmp_path, {"v1": small_image()})
    (tmp_path / name).unlink()
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError) as caught:
        read(tmp_path)
    assert reason in str(caught.value)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "cut off", "changed"])
def test_a_manifest_that_is_not_what_it_should_be(tmp_path: Path, kind: str) -> None:
    write_layout(tmp_path, {"v1": small_image()})
    place = tmp_path / "blobs" / small_image().digest.replace(":", "/")
    data = place.read_bytes()
    place.unlink()
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind != "missing":
        place.write_bytes(data[:-1] if kind == "cut off" else data.replace(b"2", b"3"))
    with pytest.raises(ImageError):
        read(tmp_path)


def test_nested_indexes_have_a_depth(tmp_path: Path) -> None:
    index = write_index(tmp_path, "v1", [small_image()])
    data, kind = index.data, index.media_type
    for _ in range(6):
        from hitless.images.digest import digest_of

        entry = {"mediaType": kind, "digest": digest_of(data), "size": len(data)}
        (tmp_path / "blobs" / digest_of(data).replace(":", "/")).write_bytes(data)
        data = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [entry, entry]}).encode()
    (tmp_path / "index.json").write_bytes(data)
    with pytest.raises(ImageError, match="names no image"):
        read(tmp_path)
