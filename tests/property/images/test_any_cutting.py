"""However the bytes are cut: the same packed layer, the same verdict on a digest, the same members of a tar."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.images.samples import Item, item, tar_of

from hitless.images.digest import Verified, digest_of
from hitless.images.faults import ImageError
from hitless.images.media import Compression
from hitless.images.members import Kind, Members
from hitless.images.packing import Packing, Unpacked, gzip, plain, recut, stored
from hitless.images.tarball import Entry, of_bytes, tar_pieces

PACKINGS = [plain(), stored(), gzip()]


class Slow(io.BytesIO):
    """Gives as much at a time as hypothesis likes, but something; cannot go back."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = sizes
        self._turn = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._turn += 1
        most = self._sizes[self._turn % len(self._sizes)]
        return super().read(most if size is None or size < 0 else min(size, most))

    def seekable(self) -> bool:
        return False


SIZES = st.lists(st.integers(1, 5000), min_size=1, max_size=5)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, start, turn = [], 0, 0
    while start < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[start : start + size])
        start, turn = start + size, turn + 1
    return pieces


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda packing: packing.identity)
@settings(max_examples=15)
@given(
    seed=st.binary(min_size=1, max_size=50),
    repeat=st.integers(1, 60_000),
    sizes=st.lists(st.integers(1000, 2_000_000), min_size=1, max_size=4),
)
def test_the_same_packed_bytes(packing: Packing, seed: bytes, repeat: int, sizes: list[int]) -> None:
    data = seed * repeat
    packed = b"".join(packing.pack([data]))
    assert b"".join(packing.pack(cut(data, sizes))) == packed
    assert io.BufferedReader(Unpacked(Slow(packed, [700]), packing.compression, "it")).read() == data


@given(st.lists(st.binary(max_size=50)), st.integers(1, 40))
def test_cut_anew(pieces: list[bytes], size: int) -> None:
    found = list(recut(pieces, size))
    assert b"".join(found) == b"".join(pieces)
    assert all(len(piece) == size for piece in found[:-1])
    assert all(found)


@given(st.binary(max_size=6000), SIZES, st.lists(st.integers(1, 3000), min_size=1), st.booleans())
def test_what_is_promised_is_read(data: bytes, sizes: list[int], asked: list[int], knows_size: bool) -> None:
    stream = Verified(Slow(data, sizes), digest_of(data), len(data) if knows_size else None, "it")
    found, turn = b"", 0
    while piece := stream.read(asked[turn % len(asked)]):
        found, turn = found + piece, turn + 1
    assert found == data


@given(st.binary(max_size=3000), st.binary(max_size=3000), SIZES, st.booleans())
def test_what_is_not_promised_is_not(promised: bytes, data: bytes, sizes: list[int], knows_size: bool) -> None:
    """An error at the end at the latest, and never more than was promised."""
    if promised == data:
        return
    stream = Verified(Slow(data, sizes), digest_of(promised), len(promised) if knows_size else None, "it")
    with pytest.raises(ImageError):
        stream.read()


_KINDS = [
    tarfile.REGTYPE,
    tarfile.AREGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
]
_NAMES = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=150)


@st.composite
def _items(draw: st.DrawFn) -> Item:
    kind = draw(st.sampled_from(_KINDS))
    data = draw(st.binary(max_size=1500)) if kind in (tarfile.REGTYPE, tarfile.AREGTYPE) else b""
    return item(
        "/".join(draw(st.lists(_NAMES, min_size=1, max_size=3))), data, kind, mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 1 << 32)), gid=draw(st.integers(0, 1 << 32)), mtime=draw(st.integers(0, 1 << 40)),
        linkname=draw(_NAMES) if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else "",
        devmajor=draw(st.integers(0, 99)), devminor=draw(st.integers(0, 99)),
    )  # fmt: skip


@settings(max_examples=150)
@given(st.lists(_items(), max_size=4), st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]), st.integers(1, 5000))
def test_the_members_that_python_finds(items: list[Item], form: int, size: int) -> None:
    data = tar_of(items, form)
    judge = tarfile.TarFile(fileobj=io.BytesIO(data))
    stream = io.BufferedReader(Unpacked(Slow(data, [size]), Compression.NONE, "it"))
    members = Members(stream, "it")
    found = [(member, members.content().read()) for member in members]
    for (member, content), info in zip(found, judge, strict=True):
        assert (member.path.rstrip("/"), member.mode, member.uid, member.gid) == (
            info.name,
            info.mode & 0o7777,
            info.uid,
            info.gid,
        )
        assert (member.size, member.mtime, member.link) == (info.size, info.mtime, info.linkname)
        assert content == (judge.extractfile(info).read() if info.isreg() else b"")  # type: ignore[union-attr]
        assert (member.kind is Kind.FOLDER, member.kind is Kind.SYMLINK) == (info.isdir(), info.issym())
        assert member.kind is not Kind.CHARACTER or member.device == (info.devmajor, info.devminor)


ENTRIES = st.lists(
    st.builds(of_bytes, _NAMES, st.binary(max_size=700), st.integers(0, 0o777)),
    max_size=5,
    unique_by=lambda one: one.path,
)


@given(ENTRIES, st.randoms())
def test_our_tars_are_read_by_us_and_by_python(entries: list[Entry], random: object) -> None:
    data = b"".join(tar_pieces(entries))
    random.shuffle(entries)  # type: ignore[attr-defined]
    assert b"".join(tar_pieces(entries)) == data
    names = sorted((entry.path for entry in entries), key=str.encode)
    assert [member.path for member in Members(io.BytesIO(data), "it")] == names
    assert tarfile.TarFile(fileobj=io.BytesIO(data)).getnames() == [name.rstrip("/") for name in names]


@settings(max_examples=200)
@given(st.binary(max_size=2000), st.integers(0, 1500), st.integers(0, 255))
def test_any_damage_is_an_error_or_nothing(tail: bytes, place: int, byte: int) -> None:
    data = bytearray(tar_of([item("a", b"x" * 600, pax_headers={"comment": "c"})]) + tail)
    data[place] = byte
    try:
        for _ in Members(Slow(bytes(data), [99_999]), "it"):
            pass
    except ImageError:
        return
