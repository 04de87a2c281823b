"""Headers of tars: sparse files, old forms, and what is written wrong."""

from __future__ import annotations

import io
import struct
import tarfile

import pytest
from tests.unit.images.samples import file, folder, item, tar_of

from hitless.images.faults import ImageError
from hitless.images.members import Kind, Member, Members


def read(data: bytes, **options: int) -> list[tuple[Member, bytes]]:
    members = Members(io.BytesIO(data), "it", **options)
    return [(member, members.content().read()) for member in members]


def resummed(header: bytes) -> bytes:
    """With a checksum that is right."""
    header = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def with_field(data: bytes, start: int, value: bytes) -> bytes:
    return resummed(data[:start] + value + data[start + len(value) : 512]) + data[512:]


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"]
)
def test_long_paths(form: int) -> None:
    path = "d" * 90 + "/" + "f" * 90
    assert [(member.path, data) for member, data in read(tar_of([file(path, b"1")], form))] == [(path, b"1")]


def test_what_gnu_and_pax_have_no_room_for() -> None:
    path = "ü" * 300
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        ((member, _),) = read(tar_of([item(path, kind=b"2", linkname="l" * 300, uid=1 << 40, mtime=1 << 34)], form))
        assert (member.path, member.link, member.uid, member.mtime) == (path, "l" * 300, 1 << 40, 1 << 34)


def test_base_256() -> None:
    data = with_field(tar_of([file("a", b"12")]), 108, b"\x80" + (1 << 33).to_bytes(7, "big"))
    assert read(data)[0][0].uid == 1 << 33
    data = with_field(tar_of([file("a", b"12")]), 136, b"\xff" * 11 + b"\xfe")
    assert read(data)[0][0].mtime == -2


def test_folders_of_old_tars() -> None:
    data = with_field(tar_of([file("d/")]), 156, b"\0")
    assert read(data)[0][0].kind is Kind.FOLDER


def test_checksums_of_old_tars_are_signed() -> None:
    data = tar_of([file("\udcff", b"")], tarfile.GNU_FORMAT)
    header = data[:148] + b" " * 8 + data[156:512]
    signed = sum(byte - 256 if byte > 127 else byte for byte in header)
    assert read(data[:148] + b"%06o\0 " % signed + data[156:])[0][0].path == "\udcff"


def test_an_old_sparse_file_has_its_real_size() -> None:
    header = bytearray(with_field(tar_of([item("s", b"x" * 512, kind=b"S")])[:512], 257, b"ustar  \0"))
    header[483:495] = b"%011o\0" % 1_000_000
    header[482] = 1
    more = bytes(504) + b"\0" + bytes(7)
    data = resummed(bytes(header)) + more + b"x" * 512 + tar_of([file("after", b"1")])
    (sparse, _), (after, content) = read(data)
    assert (sparse.size, sparse.is_sparse) == (1_000_000, True)
    assert (after.path, content) == ("after", b"1")


def test_a_sparse_file_of_pax() -> None:
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "99999"}
    ((member, _),) = read(tar_of([file("GNUSparseFile.0/s", b"1\n0\n", pax_headers=headers)]))
    assert (member.path, member.size, member.is_sparse) == ("s", 99_999, True)


def test_contents_may_be_left_or_read_in_part() -> None:
    members = Members(io.BytesIO(tar_of([file("a", b"1" * 1000), file("b", b"23")])), "it")
    found = []
    for member in members:
        content = members.content()
        found.append((member.path, content.read(1), content.read(2)))
    assert found == [("a", b"1", b"11"), ("b", b"2", b"3")]
    assert content.read() == b""


def test_the_end_may_be_missing() -> None:
    assert [member.path for member, _ in read(tar_of([file("a", b"1" * 512)])[:1024])] == ["a"]
    assert read(b"") == []


GOOD = tar_of([file("a", b"1" * 600), folder("d")])
LONG = tar_of([file("a" * 300)])

WRONG = [
    ("no tar", b"x" * 600, "it is no tar"),
    ("cut in a header", GOOD[:300], "it ends within a header"),
    ("cut in a file", GOOD[:700], "it ends within 'a'"),
    ("cut in the padding", GOOD[:1200], "it ends within 'a'"),
    ("a damaged header", GOOD[:1536] + b"x" + GOOD[1537:], "a header is damaged"),
    ("no checksum", GOOD[:148] + b"????????" + GOOD[156:], "it is no tar"),
    ("a size that is none", with_field(GOOD, 124, b"hello\0"), "a header is wrong"),
    ("a negative size", with_field(GOOD, 124, b"\xff" * 12), "a size of -1"),
    (
        "a size of 16 TiB",
        tar_of([file("s", b"1", pax_headers={"GNU.sparse.realsize": f"{(1 << 44) + 1}"})]),
        "a size of",
    ),
    ("an endless size", tar_of([file("s", b"1", pax_headers={"GNU.sparse.realsize": "9" * 4000})]), "a size of more"),
    ("no user", tar_of([file("s", b"1", pax_headers={"uid": f"{1 << 64}"})]), "an owner or a time that no system"),
    ("no group", tar_of([file("s", b"1", pax_headers={"gid": f"-{1 << 64}"})]), "an owner or a time that no system"),
    ("no time", tar_of([file("s", b"1", pax_headers={"mtime": f"{1 << 64}"})]), "an owner or a time that no system"),
    ("an unknown type", with_field(GOOD, 156, b"Z"), "unknown type 'Z'"),
    ("a huge extension", with_field(LONG, 124, b"77777777777\0"), "an extended header has"),
    ("a record that is too long", LONG[:512] + b"99" + LONG[514:], "an extended header is wrong"),
    ("a record without =", LONG[:512] + b"6 abc\n" + LONG[518:], "an extended header is wrong"),
    ("a record of length 0", LONG[:512] + b"0 a=b\n" + LONG[518:], "an extended header is wrong"),
    ("uid that is none", tar_of([file("a", pax_headers={"uid": "me"})]), "a header is wrong"),
    ("xattr that is none", tar_of([file("a", pax_headers={"LIBARCHIVE.xattr.x": "a"})]), "a header is wrong"),
]


@pytest.mark.parametrize(("data", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError) as caught:
        list(iter(Members(Forwards(data), "it")))
    assert reason in str(caught.value)


class Forwards(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_more_than_the_limit() -> None:
    with pytest.raises(ImageError, match="more than 1,000 bytes, unpacked"):
        read(GOOD, most_bytes=1000)


def test_a_size_that_lies_does_not_cost_memory() -> None:
    data = with_field(GOOD, 124, struct.pack(">I", 0x80000000) + b"\xff" * 8)
    with pytest.raises(ImageError, match="a size of"):
        list(iter(Members(Forwards(data), "it")))
