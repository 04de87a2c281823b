"""Archives of images: ours, docker's old and new forms, packed ones; and those that somebody wrote to do harm."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.images.samples import (
    Item,
    file,
    folder,
    hardlink,
    image_of,
    item,
    layer_of,
    small_image,
    symlink,
    tar_of,
)

from hitless.errors import UnavailableError
from hitless.images.archive import archive_source, write_archive, write_platforms
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.manifest import Platform
from hitless.images.packing import stored
from hitless.images.reading import read_image, read_images
from hitless.images.reference import Reference, parse_reference
from hitless.images.tarfiles import TarFiles
from hitless.images.validate import validate

NAME = parse_reference("127.0.0.1:5000/team/app:v1")
ARM = Platform("arm64", "linux")


def read(archive: Path, name: str = "", platform: Platform | None = None) -> Image:
    image = read_image(archive_source(archive, name), "the archive", platform)
    assert validate(image) == []
    return image


def docker_items(
    image: Image, *, tags: list[str] | None, packed: bool = False, name: str = "{}/layer.tar"
) -> list[Item]:
    """As `docker save` wrote it before it wrote layouts."""
    config = f"{image.configuration.digest.partition(':')[2]}.json"
    layers = []
    items = [file(config, image.configuration.data)]
    for number, layer in enumerate(image.layers):
        path = name.format(f"{number}" * 64)
        layers.append(path)
        tar = layer.tar().read()
        items += [folder(path.rpartition("/")[0]), file(path, gzip.compress(tar) if packed else tar)]
    manifest = [{"Config": config, "RepoTags": tags, "Layers": layers}]
    return [*items, file("manifest.json", json.dumps(manifest).encode())]


def written(folder_: Path, items: list[Item]) -> Path:
    archive = folder_ / "archive.tar"
    archive.write_bytes(tar_of(items))
    return archive


def test_ours_round_trip(tmp_path: Path) -> None:
    image = small_image()
    moved: list[int] = []
    write_archive(tmp_path / "new" / "a.tar", {NAME: image}, moved.append)
    for name in ("", "v1", "127.0.0.1:5000/team/app:v1"):
        again = read(tmp_path / "new" / "a.tar", name)
        assert (again.digest, again.configuration.data) == (image.digest, image.configuration.data)
    assert sum(moved) == (tmp_path / "new" / "a.tar").stat().st_size
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["a.tar"]


def test_ours_is_what_docker_wants(tmp_path: Path) -> None:
    image = small_image()
    write_archive(tmp_path / "a.tar", {NAME: image})
    files = TarFiles(tmp_path / "a.tar")
    (told,) = json.loads(files.open("manifest.json").read())
    assert told["RepoTags"] == ["127.0.0.1:5000/team/app:v1"]
    assert files.open(told["Config"]).read() == image.configuration.data
    assert [files.size(path) for path in told["Layers"]] == [layer.descriptor.size for layer in image.layers]


def test_a_name_with_only_a_digest_gives_no_tag(tmp_path: Path) -> None:
    image = small_image()
    write_archive(tmp_path / "a.tar", {Reference("host.example", "app", "", image.digest): image})
    assert json.loads(TarFiles(tmp_path / "a.tar").open("manifest.json").read())[0]["RepoTags"] == []
    assert read(tmp_path / "a.tar").digest == image.digest


def test_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        write_archive(tmp_path / name, {NAME: small_image()})
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_several_images(tmp_path: Path) -> None:
    one, two = small_image(), small_image(text=b"two\n")
    write_archive(tmp_path / "a.tar", {NAME: one, parse_reference("host.example/two:v2"): two})
    assert {image.digest for image in read_images(archive_source(tmp_path / "a.tar"), "it")} == {one.digest, two.digest}
    assert read(tmp_path / "a.tar", "v2").digest == two.digest
    with pytest.raises(ImageError, match="Choose one by its name"):
        read(tmp_path / "a.tar")
    with pytest.raises(ImageError, match="has no image 'v3', but: v1, v2"):
        read(tmp_path / "a.tar", "v3")


def test_one_image_with_two_names_is_one_image(tmp_path: Path) -> None:
    image = small_image()
    write_archive(tmp_path / "a.tar", {NAME: image, parse_reference("host.example/two:v2"): image})
    assert read(tmp_path / "a.tar").digest == image.digest


def test_several_platforms(tmp_path: Path) -> None:
    one, two = small_image(), small_image(ARM)
    write_platforms(tmp_path / "a.tar", NAME, [one, two])
    assert read(tmp_path / "a.tar", platform=ARM).digest == two.digest
    assert "manifest.json" not in TarFiles(tmp_path / "a.tar")


@pytest.mark.parametrize("packed", [False, True], ids=["plain-layers", "gzip-layers"])
@pytest.mark.parametrize("tags", [None, ["app:v1"], ["app:v1", "app:latest"]], ids=["no-tag", "one-tag", "two-tags"])
def test_dockers_old_form(tmp_path: Path, tags: list[str] | None, packed: bool) -> None:
    image = small_image()
    again = read(written(tmp_path, docker_items(image, tags=tags, packed=packed)))
    assert (again.is_docker, again.configuration.data) == (True, image.configuration.data)
    assert [layer.diff_id for layer in again.layers] == [layer.diff_id for layer in image.layers]
    for name in [*(tags or []), *(f"docker.io/library/{tag}" for tag in tags or [])]:
        assert read(tmp_path / "archive.tar", name).digest == again.digest


def test_docker_writes_a_layer_that_is_there_twice_as_a_link(tmp_path: Path) -> None:
    layer = layer_of(file("a", b"1"))
    items = docker_items(image_of(layer, layer), tags=None)
    index = next(number for number, (info, _) in enumerate(items) if info.name == "1" * 64 + "/layer.tar")
    items[index] = symlink("1" * 64 + "/layer.tar", "../" + "0" * 64 + "/layer.tar")
    assert len(read(written(tmp_path, items)).layers) == 2


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: b"".join(stored().pack([data]))], ids=["gzip", "stored"])
def test_packed_archives(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    write_archive(tmp_path / "a.tar", {NAME: small_image()})
    (tmp_path / "a.tar.gz").write_bytes(pack((tmp_path / "a.tar").read_bytes()))
    assert read(tmp_path / "a.tar.gz").digest == small_image().digest


def test_an_archive_packed_with_zstd(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    write_archive(tmp_path / "a.tar", {NAME: small_image()})
    (tmp_path / "a.tar.zst").write_bytes(zstandard.compress((tmp_path / "a.tar").read_bytes()))
    assert read(tmp_path / "a.tar.zst").digest == small_image().digest


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    with pytest.raises(ImageError, match="more than 1,000,000 bytes, unpacked"):
        archive_source(tmp_path / "bomb.gz", most_bytes=1_000_000)


def test_members_are_read_side_by_side(tmp_path: Path) -> None:
    files = TarFiles(written(tmp_path, [file("a", b"123456"), file("b", b"abcdef")]))
    a, b = files.open("a"), files.open("b")
    del files
    assert [a.read(2), b.read(3), a.read(-1), b.read(9), a.read(1)] == [b"12", b"abc", b"3456", b"def", b""]
    a.close()
    with pytest.raises(ValueError, match="closed"):
        a.read(1)


# What somebody wrote to do harm, or what is no archive of images

GOOD = [
    file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
    file("index.json", b'{"schemaVersion":2,"manifests":[]}'),
]

HOSTILE: list[tuple[str, list[Item], str]] = [
    ("nothing", [], "neither oci-layout nor manifest.json"),
    ("another tar", [file("README", b"x")], "neither oci-layout nor manifest.json"),
    ("absolute", [file("/etc/passwd", b"x"), *GOOD], "the path '/etc/passwd' is absolute"),
    ("leads out", [file("blobs/../../x", b"x"), *GOOD], "leads out of where it is"),
    ("link out", [symlink("a", "../x"), *GOOD], "the link 'a' leads out of it"),
    ("link in a folder out", [symlink("d/a", "../../x"), *GOOD], "the link 'd/a' leads out of it"),
    ("absolute link", [symlink("a", "/etc/passwd"), *GOOD], "the link 'a' leads out of it"),
    ("hard link out", [hardlink("a", "/etc/passwd"), *GOOD], "the link 'a' leads out of it"),
    ("twice", [*GOOD, GOOD[1]], "it has two members 'index.json'"),
    ("device", [item("a", kind=b"3"), *GOOD], "'a' is a character device"),
    ("pipe", [item("a", kind=b"6"), *GOOD], "'a' is a named pipe"),
    ("links go round", [symlink("oci-layout", "index.json"), symlink("index.json", "oci-layout")], "links go round"),
    ("no index", GOOD[:1], "index.json is missing"),
    ("layout is a folder", [folder("oci-layout"), GOOD[1]], "neither oci-layout nor"),
    ("no JSON", [GOOD[0], file("index.json", b"{")], "cannot be read"),
    ("huge index", [GOOD[0], file("index.json", b" " * (5 << 20))], "larger than registries take"),
    ("huge mark", [file("oci-layout", b"[" * (5 << 20)), GOOD[1]], "oci-layout"),
    ("no image", GOOD, "its index names no image"),
    ("no list", [file("manifest.json", b"{}")], "manifest.json:"),
    ("huge list", [file("manifest.json", b" " * (5 << 20))], "'manifest.json' has more than"),
    ("no configuration", [file("manifest.json", b'[{"Config":"c","Layers":[]}]')], "'c': it is not in there"),
    ("configuration outside", [file("manifest.json", b'[{"Config":"../../etc/passwd"}]')], "it is not in there"),
    ("too many images", [file("manifest.json", b'[' + b'{"Config":"c"},' * 200 + b'{"Config":"c"}]')], "more than 100"),
]  # fmt: skip


@pytest.mark.parametrize(("items", "message"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_is_no_archive_of_images(tmp_path: Path, items: list[Item], message: str) -> None:
    with pytest.raises(ImageError) as caught:
        read(written(tmp_path, items))
    assert message in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["archive.tar"]


def test_layers_and_configuration_must_agree(tmp_path: Path) -> None:
    items = docker_items(small_image(), tags=None)
    manifest = json.loads(items[-1][1])
    manifest[0]["Layers"].pop()
    with pytest.raises(ImageError, match=r"manifest\.json has 1 layers, the configuration 2"):
        read(written(tmp_path, [*items[:-1], file("manifest.json", json.dumps(manifest).encode())]))


def test_another_layer_than_promised(tmp_path: Path) -> None:
    items = docker_items(small_image(), tags=None)
    index = next(number for number, (info, _) in enumerate(items) if info.name.endswith("/layer.tar"))
    items[index] = file(items[index][0].name, tar_of([file("other")]))
    image = read_image(archive_source(written(tmp_path, items)), "it")
    assert [problem.id for problem in validate(image)] == ["IMG-1"]


@pytest.mark.parametrize("cut", [100, 700, 3000], ids=["in-a-header", "in-the-second-header", "in-a-blob"])
def test_cut_off(tmp_path: Path, cut: int) -> None:
    write_archive(tmp_path / "a.tar", {NAME: small_image()})
    data = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(data[:cut])
    with pytest.raises(ImageError, match=r"it ends within|neither oci-layout"):
        read(tmp_path / "a.tar")
    packed = gzip.compress(data)
    (tmp_path / "a.tar").write_bytes(packed[: len(packed) * cut // 4000])
    with pytest.raises(ImageError):
        read(tmp_path / "a.tar")


def test_too_many_members(tmp_path: Path) -> None:
    archive = written(tmp_path, [])
    one = tar_of([file("x" * 20)])[:512]
    archive.write_bytes(one * 20_001)
    with pytest.raises(ImageError, match=r"two members"):
        archive_source(archive)
    archive.write_bytes(tar_of([folder("d")])[:512] * 20_001)
    with pytest.raises(ImageError, match="more than 20,000 members"):
        archive_source(archive)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x1f\x8bnonsense", b"\x28\xb5\x2f\xfdnonsense", b"PK\3\4" * 1000])
def test_what_is_no_tar(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(ImageError):
        archive_source(tmp_path / "a.tar")


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="IMG-20"):
        archive_source(tmp_path / "none.tar")
    with pytest.raises(UnavailableError, match="Is a directory"):
        archive_source(tmp_path)


def test_nothing_is_half_written(tmp_path: Path) -> None:
    """The second layer is damaged: what was there before stays, and nothing beside it."""
    (tmp_path / "a.tar").write_bytes(b"before")
    good = small_image()
    bad = image_of(good.layers[0], layer_of(file("a", b"1")))
    object.__setattr__(bad.layers[1].blob, "open", good.layers[1].blob.open)
    with pytest.raises(ImageError, match="is damaged"):
        write_archive(tmp_path / "a.tar", {NAME: bad})
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"a.tar": b"before"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError, match=r"cannot be written: .*"):
        write_archive(tmp_path / "file" / "a.tar", {NAME: small_image()})
