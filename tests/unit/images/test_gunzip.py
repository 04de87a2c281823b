"""Layers in gzip, by each library that reads them: all of RFC 1952 that a layer may use, and nothing damaged."""

from __future__ import annotations

import gzip
import io
import random
import sys

import pytest

from hitless.images.faults import ImageError
from hitless.images.media import Compression
from hitless.images.packing import Unpacked

DATA = random.Random(1).randbytes(300) + b"abc" * 9000
PACKED = gzip.compress(DATA)
DECIDE_NOTHING = {*range(3, 10), len(PACKED) - 9}  # flags, time, system (RFC 1952 section 2.3.1); filled up bits


@pytest.fixture(autouse=True, params=["isal", "zlib"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")


def unpacked(packed: bytes) -> bytes:
    return io.BufferedReader(Unpacked(io.BytesIO(packed), Compression.GZIP, "it")).read()


def test_members_one_after_the_other() -> None:
    assert unpacked(PACKED + gzip.compress(b"") + PACKED) == DATA * 2


@pytest.mark.parametrize("size", [0, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 30 << 20])
def test_much_out_of_little(size: int) -> None:
    assert unpacked(gzip.compress(bytes(size))) == bytes(size)


@pytest.mark.parametrize("before", [b"", PACKED], ids=["first", "second"])
def test_cut_off_anywhere(before: bytes) -> None:
    for length in range(1, len(PACKED)):
        with pytest.raises(ImageError, match="cut off"):
            unpacked(before + PACKED[:length])


def test_a_bit_turned_over_is_seen_or_decides_nothing() -> None:
    chance = random.Random(2)
    for at in range(len(PACKED)):
        damaged = bytearray(PACKED)
        damaged[at] ^= 1 << chance.randrange(8)
        if at in DECIDE_NOTHING:
            assert unpacked_or_damaged(bytes(damaged)) in (DATA, None)
        else:
            assert unpacked_or_damaged(bytes(damaged)) is None


def unpacked_or_damaged(packed: bytes) -> bytes | None:
    try:
        return unpacked(packed)
    except ImageError:
        return None


@pytest.mark.parametrize("behind", [bytes(512), b"more, that is no gzip", b"\x1f"])
def test_nothing_else_behind_a_member(behind: bytes) -> None:
    with pytest.raises(ImageError, match="it is damaged"):
        unpacked(PACKED + behind)
