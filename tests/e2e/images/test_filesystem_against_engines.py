"""What we see of an image is what umoci and podman unpack."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.images.outside import Store, needs, needs_root, run
from tests.unit.images.samples import Item, file, folder, gone, hardlink, image_of, item, layer_of, opaque, symlink

from hitless.images.archive import write_archive
from hitless.images.filesystem import Filesystem, everything
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.layout import write_layout
from hitless.images.members import Kind
from hitless.images.packing import stored
from hitless.images.reference import parse_reference

BASE: list[Item] = [
    folder("./", 0o755), folder("usr"), folder("usr/bin"), file("usr/bin/dash", b"ELF", mode=0o755, mtime=1234),
    symlink("bin", "usr/bin"), symlink("usr/bin/sh", "dash"), hardlink("usr/bin/dash2", "usr/bin/dash", 0o755),
    folder("tmp", 0o1777), folder("etc", 0o755), file("etc/passwd", b"x", mode=0o644),
    file("etc/shadow", b"y", mode=0o640, gid=42), folder("old"), file("old/a", b"1"), folder("old/deep"),
    file("old/deep/b", b"2"), folder("var"), folder("var/cache"), file("var/cache/c", b"3"), file("become", b"file"),
    folder("unbecome"), file("unbecome/x", b"4"),
    item("pipe", kind=b"6"), file("usr/bin/su", b"su", mode=0o4755), file("name with blanks and ü", b"5"),
    file("long/" + "n" * 120 + "/" + "m" * 150, b"6"),
]  # fmt: skip
SECOND: list[Item] = [
    gone("old"), folder("var"), folder("var/cache", 0o700), opaque("var/cache"), file("var/cache/new", b"7"),
    folder("become"), file("become/inside", b"8"), file("unbecome", b"9"), folder("etc", 0o711), gone("etc/shadow"),
    file("etc/passwd", b"changed", mode=0o600, uid=7, gid=8),
]  # fmt: skip
THIRD: list[Item] = [
    folder("old"), file("old/c", b"10"), gone("become"), folder("usr"), folder("usr/bin"), gone("usr/bin/dash"),
    file("etc/new", b"11"), hardlink("etc/new2", "etc/new"), symlink("usr/abs", "/etc/new"),
]  # fmt: skip

Fact = tuple[str, int, int, int, str, int]


@pytest.fixture(scope="module")
def image() -> Image:
    return image_of(layer_of(*BASE, packing=stored()), layer_of(*SECOND), layer_of(*THIRD))


def ours(filesystem: Filesystem) -> dict[str, Fact]:
    """Kind, mode, owners, content, and how many names it has."""
    counts: dict[tuple[int, int], int] = {}
    for node in filesystem.nodes.values():
        counts[node.content] = counts.get(node.content, 0) + 1
    return {
        path: (
            node.kind,
            0o777 if node.kind is Kind.SYMLINK else node.mode,
            node.uid,
            node.gid,
            filesystem.contents[node.content].decode() if node.kind is Kind.FILE else node.link,
            counts[node.content] if node.kind is Kind.FILE else 1,
        )
        for path, node in filesystem.nodes.items()
        if path
    }


def theirs(root: Path) -> dict[str, Fact]:
    return {str(path.relative_to(root)): fact(path) for path in walked(root)}


def walked(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from walked(Path(entry.path))


def fact(path: Path) -> Fact:
    known = path.lstat()
    mode, uid, gid = stat.S_IMODE(known.st_mode), known.st_uid, known.st_gid
    if path.is_symlink():
        return Kind.SYMLINK, 0o777, uid, gid, str(path.readlink()), 1
    if path.is_dir():
        return Kind.FOLDER, mode, uid, gid, "", 1
    if path.is_fifo():
        return Kind.FIFO, mode, uid, gid, "", 1
    return Kind.FILE, mode, uid, gid, path.read_bytes().decode(), known.st_nlink


def test_umoci_unpacks_the_same(image: Image, tmp_path: Path) -> None:
    needs("umoci")
    needs_root()
    write_layout(tmp_path / "layout", {"v1": image})
    run("umoci", "unpack", "--image", f"{tmp_path / 'layout'}:v1", tmp_path / "bundle")
    assert theirs(tmp_path / "bundle" / "rootfs") == ours(flatten(image, everything))


def test_podman_mounts_the_same(image: Image, tmp_path: Path) -> None:
    needs("podman")
    needs_root()
    store = Store()
    write_archive(tmp_path / "a.tar", {parse_reference("localhost/app:v1"): image})
    store.podman("load", "--quiet", "--input", tmp_path / "a.tar")
    try:
        root = Path(store.podman("image", "mount", "localhost/app:v1").strip())
        assert counted_once(theirs(root)) == counted_once(ours(flatten(image, everything)))
    finally:
        store.remove()


def counted_once(facts: dict[str, Fact]) -> dict[str, Fact]:
    """vfs copies lower layers, and with them each name of a file."""
    return {path: (*fact[:5], 1) for path, fact in facts.items()}
