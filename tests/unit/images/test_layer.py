"""Layers, digests and packings: what is read is what was promised, or an error that says what is not."""

from __future__ import annotations

import gzip as standard
import io
import zlib

import pytest
from tests.unit.images.samples import blob_of, file, layer_of, layer_of_tar, tar_of

from hitless.images.digest import Verified, check_digest, digest_of, read_some, read_verified
from hitless.images.faults import ImageError
from hitless.images.layer import Layer
from hitless.images.media import DOCKER_LAYER, OCI_LAYER, Compression
from hitless.images.packing import Packing, Unpacked, gzip, plain, stored

DATA = bytes(range(256)) * 1000
PACKINGS = [plain(), stored(), gzip()]

# Every byte of a layer is pinned: a change here gives every user new layers, so it gets a new identity.
GOLDEN = {
    "tar": "b57b64b198d5d59ce5a22a9b9f25e72a7d081476d432051aa923f3dbebb90934",
    "gzip-stored": "0a1309b98d956168478011998da84095476520d145af209916a678f5e2df7275",
    "isal-1.9.1-2": "35d251d588a0f4337818618ddf2c0f13b97228d4e0eb5226487d403ed575b922",
}


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda packing: packing.identity)
def test_the_bytes_are_pinned_by_the_identity(packing: Packing) -> None:
    """An identity that is not in the table comes from another version of a library, and has its own bytes."""
    packed = digest_of(b"".join(packing.pack([DATA])))
    assert packed == f"sha256:{GOLDEN.get(packing.identity, packed.partition(':')[2])}"


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda packing: packing.identity)
def test_packed_and_unpacked(packing: Packing) -> None:
    layer = layer_of(file("a", DATA), packing=packing)
    assert layer.tar().read() == tar_of([file("a", DATA)])
    assert layer.tar().read(5) == b"a\0\0\0\0"  # again, and in part


@pytest.mark.parametrize("packing", PACKINGS[1:], ids=lambda packing: packing.identity)
def test_others_read_our_gzip(packing: Packing) -> None:
    packed = b"".join(packing.pack([DATA, b"", b"x"]))
    assert standard.decompress(packed) == DATA + b"x"
    assert packed[:10] == bytes.fromhex("1f8b08000000000000ff")


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda packing: packing.identity)
def test_nothing_packed(packing: Packing) -> None:
    assert layer_of_tar(b"", packing).tar().read() == b""


def test_several_members_and_another_compressor() -> None:
    packed = standard.compress(DATA) + standard.compress(b"more", mtime=1)
    layer = Layer(blob_of(packed, f"{OCI_LAYER}+gzip"), digest_of(DATA + b"more"))
    assert layer.tar().read() == DATA + b"more"


def test_zstd() -> None:
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.compress(DATA) + zstandard.compress(b"more")
    layer = Layer(blob_of(packed, f"{OCI_LAYER}+zstd"), digest_of(DATA + b"more"))
    assert layer.tar().read() == DATA + b"more"


BROKEN = [
    ("cut off", standard.compress(DATA)[:-9], "gzip", DATA, "cut off"),
    ("a wrong checksum", standard.compress(DATA)[:-8] + b"12345678", "gzip", DATA, "is damaged"),
    ("rubbish behind it", standard.compress(DATA) + b"rubbish behind it", "gzip", DATA, "is damaged"),
    ("not packed", DATA, "gzip", DATA, "is damaged"),
    ("another compressor", zlib.compress(DATA), "gzip", DATA, "is damaged"),
    ("another diff_id", standard.compress(DATA), "gzip", DATA + b"x", "its digest is"),
    ("another diff_id, plain", DATA, "", DATA + b"x", "its digest is"),
    ("no zstd", DATA, "zstd", DATA, "is damaged"),
]


@pytest.mark.parametrize(
    ("packed", "kind", "tar", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_is_no_such_layer(packed: bytes, kind: str, tar: bytes, reason: str) -> None:
    if kind == "zstd":
        pytest.importorskip("zstandard")
    layer = Layer(blob_of(packed, OCI_LAYER + (f"+{kind}" if kind else "")), digest_of(tar))
    with pytest.raises(ImageError, match=reason):
        layer.tar().read()


def test_a_bomb_comes_in_pieces() -> None:
    """10 MB of zeros in 10 kB: nobody gets more than was asked for."""
    unpacked = Unpacked(io.BytesIO(standard.compress(bytes(10_000_000))), Compression.GZIP, "it")
    sizes = [len(unpacked.read(1 << 30)) for _ in range(3)]
    assert max(sizes) <= 1 << 20


def test_a_media_type_that_is_no_layer() -> None:
    with pytest.raises(ImageError, match="media type"):
        Layer(blob_of(b"", "text/plain"), digest_of(b"")).tar()


# Digests


def test_what_is_a_digest() -> None:
    for good in ("sha256:" + "0" * 64, "sha512:" + "f" * 128):
        assert check_digest(good, "it") == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "sha256:",
        "sha256:" + "0" * 63,
        "sha256:" + "A" * 64,
        "md5:" + "0" * 32,
        "sha256:../x",
        "sha256:" + "0" * 64 + "\n",
    ],
)
def test_what_is_none(bad: str) -> None:
    with pytest.raises(ImageError, match="is no digest"):
        check_digest(bad, "it")


WRONG = [
    ("changed", b"hellO", 5, "its digest is"),
    ("too short", b"hell", 5, "it ends after 4 of 5 bytes"),
    ("too long", b"hello!", 5, "more than the 5 bytes"),
    ("empty", b"", 5, "it ends after 0 of 5 bytes"),
    ("changed, of unknown size", b"hell", None, "its digest is"),
]


@pytest.mark.parametrize(("data", "size", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_was_not_promised(data: bytes, size: int | None, reason: str) -> None:
    with pytest.raises(ImageError, match=reason), Verified(io.BytesIO(data), digest_of(b"hello"), size, "it") as stream:
        stream.read()


def test_sha512_is_verified() -> None:
    import hashlib

    digest = "sha512:" + hashlib.sha512(b"hello").hexdigest()
    assert Verified(io.BytesIO(b"hello"), digest, 5, "it").read() == b"hello"


def test_small_blobs_have_a_limit() -> None:
    with pytest.raises(ImageError, match="it claims 11 bytes, and 10 are the most"):
        read_verified(io.BytesIO(b""), digest_of(b""), 11, "it", most=10)


def test_some_of_a_stream() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(2, size or 0))

    assert read_some(Slow(b"hello"), 4) == b"hell"
    assert read_some(Slow(b"hello"), 9) == b"hello"


@pytest.mark.parametrize(
    ("packing", "oci", "docker"),
    [
        pytest.param(plain(), OCI_LAYER, DOCKER_LAYER, id="plain"),
        pytest.param(stored(), f"{OCI_LAYER}+gzip", f"{DOCKER_LAYER}.gzip", id="gzip"),
    ],
)
def test_one_layer_has_a_name_in_both_families(packing: Packing, oci: str, docker: str) -> None:
    layer = layer_of(file("a", DATA), packing=packing)
    assert layer.descriptor.media_type == oci
    other = layer.of_family(docker=True)
    assert (other.descriptor.media_type, other.descriptor.digest) == (docker, layer.descriptor.digest)
    assert other.tar().read() == layer.tar().read()
    assert other.of_family(docker=False).descriptor == layer.descriptor
