"""What was listed of layers, by diff_id, in the user's cache folder: layers that were packed or read once are looked
into without reading them again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from hitless.images.listing import REVISION, Listing
from hitless.images.replacing import replacing


class _Kept(msgspec.Struct, array_like=True):
    revision: int
    listing: Listing


_ENCODER = msgspec.msgpack.Encoder()
_REVISION = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])
_DECODER = msgspec.msgpack.Decoder(_Kept)


class ListingCache:
    """images.listing.Listings, in files. One that cannot be written, or read, is as good as none."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "listings"

    def find(self, diff_id: str) -> Listing | None:
        try:
            data = self._path(diff_id).read_bytes()
            if _REVISION.decode(data)[0] != REVISION:
                return None
            return _DECODER.decode(data).listing
        except (OSError, ValueError):
            return None

    def keep(self, diff_id: str, listing: Listing) -> None:
        with suppress(OSError, UnicodeEncodeError):  # a full disk; a path that is no text
            data = _ENCODER.encode(_Kept(REVISION, listing))
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._path(diff_id)) as file:
                file.write(data)

    def _path(self, diff_id: str) -> Path:
        return self._folder / diff_id.partition(":")[2]
