"""Entries → tar: sorted, the same bytes always, PAX only where it is needed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

import pytest

from hitless.images.digest import digest_of
from hitless.images.tarball import EPOCH, FOLDER, PROGRAM, Entry, of_bytes, tar_pieces

ENTRIES = [
    of_bytes("n" * 120, b"1", uid=1000, gid=100),
    Entry("home", FOLDER, is_folder=True),
    Entry("sh", link="bin/sh"),
    of_bytes("home/run.sh", b"#!/bin/sh\n", PROGRAM),
]


def tar(entries: Iterable[Entry]) -> bytes:
    return b"".join(tar_pieces(entries))


def members(data: bytes) -> list[tarfile.TarInfo]:
    return tarfile.TarFile(fileobj=io.BytesIO(data)).getmembers()


def test_the_bytes_are_pinned() -> None:
    """Whoever changes this changes every layer of every user."""
    assert digest_of(tar(ENTRIES)) == "sha256:f72f7b7bb39dc1c4ac5c38087d32a6adf7c8532788be4aebc048c5b634035f72"


def test_what_python_reads() -> None:
    found = members(tar(ENTRIES))
    assert [info.name for info in found] == ["home", "home/run.sh", "n" * 120, "sh"]
    assert [oct(info.mode) for info in found] == ["0o755", "0o755", "0o644", "0o777"]
    assert {info.mtime for info in found} == {EPOCH}
    assert [(info.uid, info.gid, info.uname, info.gname) for info in found][2] == (1000, 100, "", "")
    assert (found[3].issym(), found[3].linkname, found[0].isdir()) == (True, "bin/sh", True)


def test_the_order_does_not_count() -> None:
    assert tar(ENTRIES) == tar(ENTRIES[::-1])


PAX = [
    ("short", of_bytes("a", b""), False),
    ("100", of_bytes("a" * 100, b""), False),
    ("101", of_bytes("a" * 101, b""), True),
    ("in two parts", of_bytes("a" * 60 + "/" + "b" * 60, b""), True),
    ("not ASCII", of_bytes("ü", b""), True),
    ("large uid", of_bytes("a", b"", uid=1 << 21), True),
    ("uid", of_bytes("a", b"", uid=(1 << 21) - 1), False),
    ("long link", Entry("a", link="b" * 101), True),
]


@pytest.mark.parametrize(("entry", "is_pax"), [row[1:] for row in PAX], ids=[row[0] for row in PAX])
def test_pax_only_where_it_is_needed(entry: Entry, is_pax: bool) -> None:
    data = tar([entry])
    assert (data[156:157] == b"x") is is_pax
    (info,) = members(data)
    assert (info.name, info.linkname, info.uid) == (entry.path, entry.link, entry.uid)


def test_an_empty_archive() -> None:
    assert tar([]) == bytes(1024)


def test_one_path_once() -> None:
    with pytest.raises(ValueError, match="two entries for a"):
        tar([of_bytes("a", b"1"), of_bytes("a", b"2")])


@pytest.mark.parametrize(("size", "reason"), [(4, "longer"), (6, "shorter")], ids=["longer", "shorter"])
def test_a_file_that_changes_while_it_is_read(size: int, reason: str) -> None:
    with pytest.raises(ValueError, match=f"a has become {reason} while it was read"):
        tar([Entry("a", size=size, open=lambda: io.BytesIO(b"12345"))])
