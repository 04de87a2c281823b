"""A push in a process of its own: `python -m tests.e2e.images.pushing_process LAYOUT REFERENCE FOLDER STOP_AT`.

From the byte STOP_AT of the large layer on, it reads no more and waits to be killed; -1: it goes on to the end, and
prints what it sent.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

from hitless.images.credentials import nobody
from hitless.images.digest import Readable
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.reference import parse_reference
from hitless.images.registry.push import Uploads, push
from hitless.images.registry.session import Chunking
from hitless.images.registry.transport import Access

LARGE = 1_000_000


class _Stuck:
    """A file that gives `most` bytes, and then nothing ever."""

    def __init__(self, file: Readable, most: int) -> None:
        self._file = file
        self._left = most

    def read(self, size: int = -1, /) -> bytes:
        if self._left == 0:
            print("stuck", flush=True)  # noqa: T201 - it is said to the test
            threading.Event().wait()
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def stuck_at(image: Image, most: int) -> Image:
    """With the large layers ending in a silence."""
    return replace(image, layers=tuple(_stuck(layer, most) for layer in image.layers))


def _stuck(layer: Layer, most: int) -> Layer:
    if layer.descriptor.size < LARGE:
        return layer
    return replace(layer, blob=replace(layer.blob, open=lambda: _Stuck(layer.blob.open(), most)))


def main(layout: str, reference: str, folder: str, stop_at: str) -> None:
    image = read_image(LayoutSource(Path(layout)), layout)
    if int(stop_at) >= 0:
        image = stuck_at(image, int(stop_at))
    uploads = Uploads(chunking=Chunking(above=LARGE), folder=Path(folder))
    done = push(parse_reference(reference), [image], uploads=uploads, access=Access(logins=nobody))
    print(done.bytes_sent, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
