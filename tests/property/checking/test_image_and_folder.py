"""The same files as an image and as a folder give the same facts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.specimens.images import File, Folder, Link, elf, layer
from tests.unit.checking.static_parts import record_of

from hitless.checking.facts.looking import RootFolder
from hitless.checking.facts.seen import ConfigSeen, FileSeen, FilesSeen
from hitless.checking.record import Record
from hitless.images.configuration import empty
from hitless.images.image import Image
from hitless.images.manifest import Platform

OWNER = {"uid": os.geteuid(), "gid": os.getegid()}
_PARTS = st.sampled_from(
    ["home", "run.sh", "etc", "passwd", "group", "bin", "usr", "sh", "python3", "config.json", "a"]
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)
_LIKELY = st.sampled_from(["home/run.sh", "etc/passwd", "etc/group", "bin/sh", "usr/bin/python3", "home/config.json"])
_DATA = st.sampled_from([
    b"", b"#!/bin/sh\r\n", elf(), elf("arm64"), b"root:x:0:0::/:/bin/sh\nma-user:x:1000:100\n\xff:::\n",
    b'{"apis": []}', b'{"model_algorithm": "x"}', b'{"a": 1}', bytes(1 << 20), bytes((1 << 20) + 1),
])  # fmt: skip
_MODES = st.sampled_from([0o644, 0o755, 0o600, 0o4711])
_TARGETS = st.builds(lambda start, path: start + path, st.sampled_from(["", "/", "../", "../../"]), _PATHS | _LIKELY)
_CONTENTS = (
    st.builds(lambda data, mode: File(data, mode, **OWNER), _DATA, _MODES)
    | st.builds(lambda mode: Folder(mode, **OWNER), st.sampled_from([0o755, 0o700, 0o1777]))
    | st.builds(Link, _TARGETS)
)
Tree = dict[str, File | Folder | Link]


def whole(files: dict[str, File | Folder | Link]) -> Tree:
    """Without what would lie below a file or a link, and with every folder."""
    tree: Tree = {}
    for path, content in sorted(files.items()):
        parents = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 1)]
        if all(isinstance(tree.get(parent, Folder()), Folder) for parent in parents):
            for parent in parents:
                tree.setdefault(parent, Folder(**OWNER))
            tree[path] = content
    return tree


TREES = st.dictionaries(_PATHS | _LIKELY, _CONTENTS, max_size=10).map(whole)


def as_image(tree: Tree) -> Image:
    return Image(empty(Platform("amd64", "linux")), ()).on_top([layer(tree)], [{}], "")


def as_folder(tree: Tree, root: Path) -> RootFolder:
    for path, content in tree.items():
        place = root / path
        match content:
            case Link(target):
                place.symlink_to(target)
            case Folder(mode):
                place.mkdir()
                place.chmod(mode)
            case File(data, mode):
                place.write_bytes(data)
                place.chmod(mode)
    return RootFolder(root)


def told(record: Record) -> list[object]:
    files = [msgspec.structs.replace(one, layer=0) for one in record.all(FileSeen)]
    return [*files, *record.all(FilesSeen), *record.all(ConfigSeen)]


@settings(max_examples=150)
@given(TREES)
def test_the_same_facts(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = record_of(as_folder(tree, Path(scratch)), kind="rootfs")
        image = record_of(as_image(tree))
        assert told(folder) == told(image)
