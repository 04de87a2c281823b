"""Listings in memory, and layers that cannot be opened."""

from __future__ import annotations

from dataclasses import replace

from hitless.images.digest import Readable
from hitless.images.image import Image
from hitless.images.listing import Listing


class Kept:
    """`found`: the diff_ids of those that were asked for and were there."""

    def __init__(self) -> None:
        self.listings: dict[str, Listing] = {}
        self.found: set[str] = set()

    def find(self, diff_id: str) -> Listing | None:
        if diff_id in self.listings:
            self.found.add(diff_id)
        return self.listings.get(diff_id)

    def keep(self, diff_id: str, listing: Listing) -> None:
        self.listings[diff_id] = listing


def _never() -> Readable:
    raise AssertionError("a layer was opened")


def unopened(image: Image) -> Image:
    """The same image, whose layers must not be opened."""
    return replace(image, layers=tuple(replace(one, blob=replace(one.blob, open=_never)) for one in image.layers))
