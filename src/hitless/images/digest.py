"""Digests of content (image-spec, descriptor.md): computed, parsed, and checked while bytes are read."""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO, Protocol

from hitless.images.faults import damaged, unreadable

SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_OTHERS = {"sha512": 128}
PIECE = 1 << 20  # bytes that are read at once


class Readable(Protocol):
    """What bytes are read from: a file, a response, a decompressor."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


def digest_of(data: bytes) -> str:
    """`sha256:…` of some bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def check_digest(digest: str, what: str) -> str:
    """The digest itself, if it is one of an algorithm that we know; ImageError."""
    algorithm, _, encoded = digest.partition(":")
    if SHA256.fullmatch(digest) or (
        algorithm in _OTHERS and re.fullmatch(rf"[0-9a-f]{{{_OTHERS[algorithm]}}}", encoded)
    ):
        return digest
    raise unreadable(what, f"{digest[:100]!r} is no digest")


class Verified:
    """Reads through a stream and checks that size and digest are as promised (ImageError).

    The digest is checked as soon as the last byte is there; that nothing follows, by the read after it. `size` None:
    the end of the source is the end.
    """

    def __init__(self, source: Readable, digest: str, size: int | None, what: str) -> None:
        self._source = source
        self._digest = check_digest(digest, what)
        self._size = size
        self._what = what
        self._hash = hashlib.new(digest.partition(":")[0])
        self._seen = 0
        self._checked = False

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self._piece(PIECE), b""))
        return self._piece(size)

    def _piece(self, most: int) -> bytes:
        data = self._source.read(most) if most else b""
        self._hash.update(data)
        self._seen += len(data)
        if self._size is not None and self._seen > self._size:
            raise damaged(self._what, f"it has more than the {self._size} bytes that it should have")
        if not self._checked and (self._seen == self._size or (most and not data)):
            self._check()
        return data

    def _check(self) -> None:
        if self._size is not None and self._seen != self._size:
            raise damaged(self._what, f"it ends after {self._seen} of {self._size} bytes")
        found = f"{self._hash.name}:{self._hash.hexdigest()}"
        if found != self._digest:
            raise damaged(self._what, f"its digest is {found}, and should be {self._digest}")
        self._checked = True

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> Verified:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_some(source: Readable, most: int) -> bytes:
    """What is there, up to `most` bytes: one read may give less."""
    pieces: list[bytes] = []
    while most > 0 and (piece := source.read(min(most, PIECE))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def read_verified(source: BinaryIO | Readable, digest: str, size: int, what: str, *, most: int) -> bytes:
    """All of a small blob, checked; ImageError also for one that claims more than `most` bytes."""
    if size > most:
        source.close()
        raise unreadable(what, f"it claims {size:,} bytes, and {most:,} are the most that it may have")
    with Verified(source, digest, size, what) as stream:
        return stream.read()
