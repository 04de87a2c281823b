"""An image as a folder: what upper layers say, and nothing outside of the folder."""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path

import pytest
from tests.unit.images.samples import file, folder, gone, hardlink, image_of, item, layer_of, opaque, symlink

from hitless.images.faults import ImageError
from hitless.images.unpacking import unpack


def test_layers_over_each_other(tmp_path: Path) -> None:
    below = layer_of(
        folder("etc", 0o750), file("etc/motd", b"below", mode=0o640, mtime=1000), file("etc/old", b"old"),
        folder("data"), file("data/hidden", b"hidden"), symlink("link", "/etc/motd"),
    )  # fmt: skip
    above = layer_of(
        gone("etc/old"), opaque("data"), file("data/seen", b"seen"), file("etc/new", b"new", mode=0o755),
        hardlink("etc/same", "etc/motd", 0o640), item("pipe", kind=tarfile.FIFOTYPE, mode=0o600),
        item("null", kind=tarfile.CHRTYPE, mode=0o666),
    )  # fmt: skip
    root = tmp_path / "root"
    unpack(image_of(below, above), root)
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    assert found == ["data", "data/seen", "etc", "etc/motd", "etc/new", "etc/same", "link", "pipe"]
    assert (root / "etc").stat().st_mode & 0o7777 == 0o750
    motd = (root / "etc/motd").stat()
    assert (motd.st_mode & 0o7777, motd.st_mtime, motd.st_nlink) == (0o640, 1000, 2)
    assert (root / "etc/same").read_bytes() == b"below"
    assert (root / "link").readlink() == Path("/etc/motd")
    assert stat.S_ISFIFO((root / "pipe").stat().st_mode)
    assert os.listdir(tmp_path) == ["root"]  # noqa: PTH208


@pytest.mark.skipif(os.geteuid() != 0, reason="owners need root")
def test_owners_and_set_user_id(tmp_path: Path) -> None:
    unpack(image_of(layer_of(file("su", b"x", mode=0o4755, uid=7, gid=8))), tmp_path / "root")
    seen = (tmp_path / "root/su").stat()
    assert (seen.st_uid, seen.st_gid, seen.st_mode & 0o7777) == (7, 8, 0o4755)


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([file("../out", b"x")], id="above"),
        pytest.param([symlink("etc", "/out"), hardlink("hard", "../out")], id="hard-link-out"),
        pytest.param([hardlink("hard", "nothing")], id="hard-link-to-nothing"),
    ],
)
def test_what_leads_out_is_refused_and_nothing_is_left(
    tmp_path: Path, items: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    with pytest.raises(ImageError):
        unpack(image_of(layer_of(*items)), tmp_path / "root")
    assert list(tmp_path.iterdir()) == []


def test_a_link_of_a_lower_layer_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    below = layer_of(symlink("etc", str(tmp_path / "out")))
    unpack(image_of(below, layer_of(file("etc/passwd", b"x"))), tmp_path / "root")
    assert list((tmp_path / "out").iterdir()) == []
    assert (tmp_path / "root/etc/passwd").read_bytes() == b"x"
