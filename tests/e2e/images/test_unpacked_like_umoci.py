"""A base, unpacked by us and by umoci: the same tree."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.e2e.images.outside import needs, needs_root, run

from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.unpacking import unpack

Row = tuple[str, int, int, int, int, int, bytes | str]


def tree(root: Path) -> list[Row]:
    """Path, kind and mode, owner, group, time, names of a file, content."""
    rows: list[Row] = []
    for path in sorted(root.rglob("*")):
        seen = path.lstat()
        content: bytes | str = b""
        if stat.S_ISLNK(seen.st_mode):
            content = str(path.readlink())
        elif stat.S_ISREG(seen.st_mode):
            content = path.read_bytes()
        elif not stat.S_ISDIR(seen.st_mode):
            continue  # devices are left out
        is_folder = stat.S_ISDIR(seen.st_mode)
        time = 0 if stat.S_ISLNK(seen.st_mode) else int(seen.st_mtime)
        names = 0 if is_folder else seen.st_nlink
        rows.append((str(path.relative_to(root)), seen.st_mode, seen.st_uid, seen.st_gid, time, names, content))
    return rows


def test_the_same_tree(base: Path, tmp_path: Path) -> None:
    needs("umoci")
    needs_root()
    image = read_image(LayoutSource(base), "the base")
    unpack(image, tmp_path / "ours")
    (tag,) = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in manifests(base)]
    run("umoci", "unpack", "--image", f"{base}:{tag}", tmp_path / "theirs")
    ours, theirs = tree(tmp_path / "ours"), tree(tmp_path / "theirs" / "rootfs")
    assert len(ours) > 500
    assert [row for row in ours if row not in set(theirs)] == []
    assert len(ours) == len(theirs)


def manifests(layout: Path) -> list[dict[str, dict[str, str]]]:
    index: dict[str, list[dict[str, dict[str, str]]]] = json.loads((layout / "index.json").read_text())
    return index["manifests"]
