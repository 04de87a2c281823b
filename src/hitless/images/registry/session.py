"""Where an upload stands, and how large its chunks are. Pure.

A cut loses at most the chunk under way: all of it at a registry that keeps only whole ones, else what was in buffers.
Chunks begin with 1/96 of their blob, and have 1/512 after the first cut that lost more than that: five cuts lose at
most 1/96 + 4/512, which is 1.82 %. 2 GiB go in chunks of 21 MiB, later of 4; from 9 GiB on they have 96 MiB, which
proxies still take.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

_PARTS, _PARTS_WHEN_LOSSY = 96, 512
_RANGE = re.compile(r"(?:bytes[ =])?0-(\d{1,18})")
_STEP = 64 << 10


@dataclass(frozen=True)
class Chunking:
    """In bytes. Blobs of up to `above` are sent whole first: one request is quicker, and more registries take it."""

    above: int = 128 << 20
    least: int = 256 << 10
    most: int = 96 << 20

    def chunk_bytes(self, blob_size: int, registry_least: int = 0, *, is_lossy: bool = False) -> int:
        """For a blob. `registry_least`: what the registry asks for; `is_lossy`: a cut has lost much."""
        share = blob_size // (_PARTS_WHEN_LOSSY if is_lossy else _PARTS) // _STEP * _STEP
        return max(registry_least, min(self.most, max(self.least, share)))


@dataclass(frozen=True)
class Session:
    """`location`: where the next bytes go, as the registry has told at last; `least`: the smallest chunk it takes."""

    location: httpx.URL
    offset: int = 0
    least: int = 0


def told_offset(headers: httpx.Headers) -> int | None:
    """How many bytes the registry has, by its Range (distribution-spec: `0-<end>`, inclusive); None if it says nothing.

    `0-0` is what registries say of nothing; of one byte they would say the same.
    """
    told = _RANGE.fullmatch(headers.get("Range", "").strip())
    if told is None:
        return None
    end = int(told[1])
    return end + 1 if end else 0


def least_chunk(headers: httpx.Headers) -> int:
    """OCI-Chunk-Min-Length; 0 for none, and for one that no chunk of ours could have."""
    value = headers.get("OCI-Chunk-Min-Length", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 13 else 0
