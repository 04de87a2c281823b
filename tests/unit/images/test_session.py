"""How large chunks are, and what registries say of the bytes that they have."""

from __future__ import annotations

import httpx
import pytest

from hitless.images.registry.session import Chunking, least_chunk, told_offset

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("blob", "registry_least", "chunk", "when_lossy"),
    [
        pytest.param(1 * MIB, 0, 256 * KIB, 256 * KIB, id="small ones after a break"),
        pytest.param(128 * MIB, 0, 1344 * KIB, 256 * KIB, id="128 MiB"),
        pytest.param(2 * GIB, 0, 21 * MIB + 320 * KIB, 4 * MIB, id="2 GiB"),
        pytest.param(9 * GIB, 0, 96 * MIB, 18 * MIB, id="9 GiB"),
        pytest.param(100 * GIB, 0, 96 * MIB, 96 * MIB, id="100 GiB"),
        pytest.param(128 * MIB, 5 * MIB, 5 * MIB, 5 * MIB, id="the registry wants more"),
        pytest.param(9 * GIB, 1000, 96 * MIB, 18 * MIB, id="the registry would take less"),
    ],
)
def test_chunks(blob: int, registry_least: int, chunk: int, when_lossy: int) -> None:
    assert Chunking().chunk_bytes(blob, registry_least) == chunk
    assert Chunking().chunk_bytes(blob, registry_least, is_lossy=True) == when_lossy


@pytest.mark.parametrize("blob", [128 * MIB + 1, 130 * MIB, 333 * MIB, 7 * GIB + 12345, 9 * GIB, 50 * GIB, 500 * GIB])
def test_five_lost_chunks_are_less_than_two_percent(blob: int) -> None:
    """The first shows what the registry is like."""
    first, others = Chunking().chunk_bytes(blob), Chunking().chunk_bytes(blob, is_lossy=True)
    assert first + 4 * others < 0.02 * blob


@pytest.mark.parametrize(
    ("told", "offset"),
    [("0-0", 0), ("0-1", 2), ("0-1048575", 1048576), ("bytes=0-9", 10), ("bytes 0-9", 10), ("", None), ("1-9", None),
     ("0-x", None), ("0-" + "9" * 30, None)],
)  # fmt: skip
def test_how_much_a_registry_has(told: str, offset: int | None) -> None:
    assert told_offset(httpx.Headers({"Range": told})) == offset


@pytest.mark.parametrize(("value", "least"), [("5242880", 5242880), ("", 0), ("-1", 0), ("many", 0), ("9" * 20, 0)])
def test_the_smallest_chunk(value: str, least: int) -> None:
    assert least_chunk(httpx.Headers({"OCI-Chunk-Min-Length": value})) == least
