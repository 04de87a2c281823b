"""A layer: a packed tar that can be opened again and again, with the digests of both its forms."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

import msgspec

from hitless.images.ahead import Ahead
from hitless.images.digest import PIECE, Readable, Verified
from hitless.images.faults import unreadable
from hitless.images.manifest import Descriptor
from hitless.images.media import Compression, compression_of, layer_type
from hitless.images.packing import Unpacked

Opener = Callable[[], Readable]


@dataclass(frozen=True)
class Blob:
    """Bytes by digest and size, wherever they are; `open` gives them as they lie there, unchecked."""

    descriptor: Descriptor
    open: Opener = field(repr=False)

    def read(self) -> Verified:
        """The bytes, checked while they are read."""
        return Verified(self.open(), self.descriptor.digest, self.descriptor.size, f"the blob {self.descriptor.digest}")


@dataclass(frozen=True)
class Layer:
    """A blob that is a layer; `diff_id` is the digest of its tar, unpacked (image-spec, config.md)."""

    blob: Blob
    diff_id: str

    @property
    def descriptor(self) -> Descriptor:
        return self.blob.descriptor

    def of_family(self, *, docker: bool) -> Layer:
        """The same layer by the name that docker's images give it, or the OCI's; one that has none there stays."""
        compression = compression_of(self.descriptor.media_type)
        if compression is None or (docker and compression is Compression.ZSTD):
            return self
        named = msgspec.structs.replace(self.descriptor, media_type=layer_type(compression, docker=docker))
        return replace(self, blob=replace(self.blob, descriptor=named))

    def tar(self, *, ahead: bool = False) -> BinaryIO:
        """The unpacked tar; at its end, digest, size and diff_id have been checked (ImageError). To be closed.

        `ahead`: a thread reads, unpacks and checks it, while what is there already is looked at.
        """
        compression = compression_of(self.descriptor.media_type)
        what = f"the layer {self.descriptor.digest}"
        if compression is None:
            raise unreadable(what, f"its media type is {self.descriptor.media_type!r}")
        packed = self.blob.read()
        if compression is Compression.NONE and self.diff_id == self.descriptor.digest:
            unpacked: Readable = packed  # to hash the same bytes twice is half of the time
        else:
            inflated: Readable = Unpacked(packed, compression, what)
            unpacked = Verified(Ahead(inflated) if ahead else inflated, self.diff_id, None, what)
        if ahead:
            unpacked = Ahead(unpacked)
        return cast(BinaryIO, io.BufferedReader(_Raw(unpacked, packed), PIECE))


class _Raw(io.RawIOBase):
    """As a file; the packed bytes are read to their end, too."""

    def __init__(self, unpacked: Readable, packed: Verified) -> None:
        self._unpacked = unpacked
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._unpacked.read(len(buffer))
        if not data:
            self._packed.read(1)  # nothing may follow
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._unpacked.close()
        super().close()
