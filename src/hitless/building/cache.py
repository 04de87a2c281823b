"""Layers that were packed before, by their key: what they are, and their bytes, in the user's cache folder.

A record without its bytes is as good as none. Everything is renamed into place; several builds may run at once.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from hitless.building.listings import ListingCache
from hitless.errors import UnavailableError
from hitless.images.layer import Blob, Layer
from hitless.images.listing import ListedPieces, Listing
from hitless.images.manifest import Descriptor
from hitless.images.media import Compression, layer_type
from hitless.images.packing import Packing
from hitless.images.pieces import Pieces
from hitless.images.replacing import replacing
from hitless.images.user_cache import cache_folder


def default_folder() -> Path:
    """UnavailableError for a user who has no home."""
    if (folder := cache_folder()) is None:
        raise UnavailableError("there is no folder for the cache: set XDG_CACHE_HOME to one")
    return folder


@dataclass(frozen=True)
class Record:
    """A layer by its digests and sizes (bytes)."""

    digest: str
    diff_id: str
    size: int
    unpacked: int
    media_type: str


class LayerCache:
    def __init__(self, folder: Path) -> None:
        self._records = folder / "layers"
        self._blobs = folder / "blobs" / "sha256"
        self._listings = ListingCache(folder)

    def find(self, key: str) -> tuple[Layer, Record] | None:
        """The layer with this key, if its bytes are here."""
        record = self._record(key)
        try:
            if record is None or self._path(record.digest).stat().st_size != record.size:
                return None
        except OSError:
            return None
        return self._layer(record), record

    def pack(self, key: str, pieces: Iterable[bytes], packing: Packing, *, docker: bool) -> tuple[Layer, Record]:
        """Pack a tar, and keep it. UnavailableError where the disk is full."""
        try:
            with self._scratch() as (file, path):
                counted = _Counted(pieces, key)
                packed, size = sha256(), 0
                for piece in packing.pack(counted):
                    packed.update(piece)
                    size += file.write(piece)
                file.flush()
                digest = "sha256:" + packed.hexdigest()
                path.replace(self._path(digest))
            record = Record(digest, counted.digest, size, counted.size, layer_type(packing.compression, docker=docker))
            self._listings.keep(counted.digest, counted.listing)
            self._remember(key, record)
        except OSError as error:
            raise self._full(error) from error
        return self._layer(record), record

    def has(self, key: str) -> bool:
        """Whether a layer of that key was measured."""
        return self._record(key) is not None

    def measure(self, key: str, pieces: Callable[[], Iterable[bytes]], *, docker: bool) -> tuple[Layer, Record]:
        """A layer whose tar is made anew whenever it is read, from files that are there anyway: weights.

        What it is, is kept; its bytes are not copied.
        """
        record = self._record(key)
        if record is None:
            counted = _Counted(pieces(), key)
            for _ in counted:
                pass
            media_type = layer_type(Compression.NONE, docker=docker)
            record = Record(counted.digest, counted.digest, counted.size, counted.size, media_type)
            self._listings.keep(counted.digest, counted.listing)
            try:
                self._remember(key, record)
            except OSError as error:
                raise self._full(error) from error
        descriptor = Descriptor(record.media_type, record.digest, record.size)
        return Layer(Blob(descriptor, lambda: Pieces.of(pieces())), record.diff_id), record

    def _record(self, key: str) -> Record | None:
        try:
            return Record(**json.loads((self._records / key).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _full(self, error: OSError) -> UnavailableError:
        return UnavailableError(f"the cache {self._records.parent} cannot be written: {error.strerror}")

    def _remember(self, key: str, record: Record) -> None:
        self._records.mkdir(parents=True, exist_ok=True)
        with replacing(self._records / key) as file:
            file.write(json.dumps(vars(record)).encode())

    def _layer(self, record: Record) -> Layer:
        path = self._path(record.digest)
        descriptor = Descriptor(record.media_type, record.digest, record.size)
        return Layer(Blob(descriptor, lambda: path.open("rb")), record.diff_id)

    def _path(self, digest: str) -> Path:
        return self._blobs / digest.partition(":")[2]

    @contextmanager
    def _scratch(self) -> Iterator[tuple[BinaryIO, Path]]:
        self._blobs.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self._blobs)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file, Path(name)
        finally:
            Path(name).unlink(missing_ok=True)


class _Counted:
    """Passes the pieces of a tar on, and knows the digest, size and listing of what has passed."""

    def __init__(self, pieces: Iterable[bytes], what: str) -> None:
        self._pieces = ListedPieces(pieces, what)
        self._hash = sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._hash.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()

    @property
    def listing(self) -> Listing:
        """Of all of it."""
        assert self._pieces.listing is not None  # noqa: S101 - all have passed
        return self._pieces.listing
