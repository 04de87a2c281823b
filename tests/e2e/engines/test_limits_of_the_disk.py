"""What an instance takes of the disk has an end, and a root that would lead an engine elsewhere is not run."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hitless.engines import roots
from hitless.engines.disk import DiskWatch
from hitless.engines.roots import Root, root_over
from hitless.errors import UnavailableError

WITHIN_S = 30.0


def test_who_writes_too_much_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(bytes(4 << 20))  # a copied root has files already
    over, told = threading.Event(), []

    def exceeded(why: str) -> None:
        told.append(why)
        over.set()

    watch = DiskWatch(tmp_path, 5 << 20, exceeded)
    (tmp_path / "some").write_bytes(bytes(2 << 20))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(bytes(8 << 20))
    assert over.wait(WITHIN_S)
    watch.stop()
    assert told == ["it wrote more than 5,242,880 bytes to its root"]


def test_nobody_is_told_of_who_does_not(tmp_path: Path) -> None:
    told: list[str] = []
    watch = DiskWatch(tmp_path, 5 << 20, told.append)
    (tmp_path / "some").write_bytes(bytes(1 << 20))
    watch.stop()
    assert told == []


@pytest.mark.parametrize("name", ["dev", "proc", "sys"])
def test_a_link_in_the_place_of_what_an_engine_mounts(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / name).symlink_to(tmp_path)
    with pytest.raises(UnavailableError, match=f"/{name} is a link"):
        root_over(root, tmp_path)


def test_more_files_than_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "MOST_WRITTEN", 2)
    root = Root(tmp_path, "mount", tmp_path, 0)
    for name in "ab":
        (tmp_path / name).touch()
    assert root.written() == ("/a", "/b")
    (tmp_path / "c").touch()
    assert root.written() is None
