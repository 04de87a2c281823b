"""Image → a folder as a container would see it: contents, modes, owners, times, links. Nothing is written beside it.

Contents are put aside while the layers go by, and into their places once all of the tree is known: no path then leads
through a link, because links are made last. Device files are left out: who runs the image has its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from hitless.images.digest import PIECE, Readable
from hitless.images.faults import unreadable
from hitless.images.filesystem import Filesystem
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.members import Kind
from hitless.images.node import Node

_KEPT_ATTRIBUTES = ("security.capability", "user.")
_ASIDE = ".contents"


def unpack(image: Image, folder: Path) -> Filesystem:
    """Into a folder that is made, whole or not at all; its root is `folder` itself. ImageError, OSError.

    Owners, and attributes that only root may set, are kept where this is root.
    """
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    aside = new / _ASIDE
    aside.mkdir(parents=True)
    try:
        seen = flatten(image, show=_Aside(aside).take)
        root = new / "root"
        root.mkdir()
        _build(seen.nodes, root, aside)
        root.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return seen


class _Aside:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, path: str, node: Node, content: Readable) -> None:
        if node.attributes.is_sparse:
            raise unreadable("the image", f"{path[:200]!r} is a sparse file: it cannot be unpacked here")
        with _kept(self._folder, node).open("wb") as file:
            while data := content.read(PIECE):
                file.write(data)


def _kept(folder: Path, node: Node) -> Path:
    return folder / "{}-{}".format(*node.content)


def _build(nodes: Mapping[str, Node], root: Path, aside: Path) -> None:
    folders = sorted(path for path, node in nodes.items() if node.kind is Kind.FOLDER)
    for path in folders:
        (root / path).mkdir(exist_ok=True)
    _place_files(nodes, root, aside)
    for path, node in nodes.items():
        if node.kind is Kind.SYMLINK:
            (root / path).symlink_to(node.link)
            _own(root / path, node)
    for path in reversed(folders):  # the innermost first: what is put into a folder changes its time
        _dress(root / path, nodes[path])


def _place_files(nodes: Mapping[str, Node], root: Path, aside: Path) -> None:
    placed: dict[tuple[int, int], Path] = {}
    for path, node in nodes.items():
        if node.kind not in (Kind.FILE, Kind.FIFO):
            continue
        target = root / path
        if (first := placed.get(node.content)) is not None:
            os.link(first, target)
            continue
        placed[node.content] = target
        if node.kind is Kind.FIFO:
            os.mkfifo(target)
        else:
            _kept(aside, node).rename(target)
        _dress(target, node)


def _dress(place: Path, node: Node) -> None:
    """Owner first: a change of it takes the set-user-id bit and capabilities away."""
    _own(place, node)
    place.chmod(node.mode)
    _attribute(place, node.attributes.xattrs)
    os.utime(place, (max(0, node.mtime), max(0, node.mtime)))


def _own(place: Path, node: Node) -> None:
    if os.geteuid() == 0:
        os.chown(place, node.uid, node.gid, follow_symlinks=False)


def _attribute(place: Path, attributes: Iterable[tuple[str, bytes]]) -> None:
    for name, value in attributes:
        if name.startswith(_KEPT_ATTRIBUTES):
            with contextlib.suppress(OSError):  # file systems without them, users without the right
                os.setxattr(place, name, value)
