"""Listings in the cache: what is kept comes back, what is damaged does not, and layers are listed when packed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.unit.images.listings_kept import Kept, unopened
from tests.unit.images.samples import file, image_of, layer_of

from hitless.building.cache import LayerCache
from hitless.building.listings import ListingCache
from hitless.images.filesystem import matching
from hitless.images.flattening import flatten
from hitless.images.layer import Layer
from hitless.images.listing import REVISION, Listing
from hitless.images.packing import gzip
from hitless.images.tarball import PROGRAM, Entry, of_bytes, tar_pieces

DIFF_ID = f"sha256:{'1' * 64}"
ENTRIES = [
    of_bytes("home/run.sh", b"exec true\n"),
    of_bytes("usr/bin/tool", b"\x7fELF" + bytes(200), PROGRAM),
    of_bytes("weights", bytes(3_000_000)),
    Entry("opt/hitless", is_folder=True),
    Entry("usr/bin/python", link="tool"),
]


def listing_of(layer: Layer) -> Listing:
    """As reading it makes it."""
    known = Kept()
    flatten(image_of(layer), listings=known)
    return known.listings[layer.diff_id]


LISTING = listing_of(layer_of(file("home/run.sh", b"exec true\n"), file("weights", bytes(10))))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    cache = ListingCache(tmp_path)
    assert cache.find(DIFF_ID) is None
    cache.keep(DIFF_ID, LISTING)
    assert ListingCache(tmp_path).find(DIFF_ID) == LISTING
    assert LISTING.starts == {0: b"exec true\n"}
    assert [one.path for one in LISTING.members] == ["home/run.sh", "weights"]


ENCODED = msgspec.msgpack.encode([REVISION, LISTING])
DAMAGED = [
    ("empty", b""),
    ("cut off", ENCODED[:-1]),
    ("no listing", msgspec.msgpack.encode([REVISION, 1])),
    ("no text", msgspec.msgpack.encode([REVISION, LISTING]).replace(b"weights", b"weight\xff")),
    ("another revision", msgspec.msgpack.encode([REVISION + 1, LISTING])),
    ("of another form", msgspec.msgpack.encode([REVISION + 1, [], 3])),
]


@pytest.mark.parametrize("data", [row[1] for row in DAMAGED], ids=[row[0] for row in DAMAGED])
def test_what_is_damaged_is_as_good_as_none(data: bytes, tmp_path: Path) -> None:
    cache = ListingCache(tmp_path)
    cache.keep(DIFF_ID, LISTING)
    [kept] = (tmp_path / "listings").iterdir()
    assert kept.read_bytes() == ENCODED
    kept.write_bytes(data)
    assert cache.find(DIFF_ID) is None


def test_what_cannot_be_written_is_not_missed(tmp_path: Path) -> None:
    odd = layer_of(file("a\udcff"))
    cache = ListingCache(tmp_path)
    cache.keep(odd.diff_id, listing_of(odd))
    assert cache.find(odd.diff_id) is None
    (tmp_path / "file").write_bytes(b"")
    ListingCache(tmp_path / "file").keep(DIFF_ID, LISTING)


@pytest.mark.parametrize("is_kept", [True, False], ids=["packed", "measured"])
def test_our_own_layers_are_listed_as_they_are_made(is_kept: bool, tmp_path: Path) -> None:
    layers, cache = LayerCache(tmp_path), ListingCache(tmp_path)
    if is_kept:
        layer, _ = layers.pack("key", tar_pieces(ENTRIES), gzip(), docker=False)
    else:
        layer, _ = layers.measure("key", lambda: tar_pieces(ENTRIES), docker=False)
    assert cache.find(layer.diff_id) == listing_of(layer)
    files = flatten(unopened(image_of(layer)), matching("home/run.sh"), listings=cache)
    assert files.read("home/run.sh") == b"exec true\n"
    assert files.sizes.effective == 3_000_000 + 204 + 10
