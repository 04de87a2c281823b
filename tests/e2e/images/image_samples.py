"""Small images that tests send around; the same arguments give the same bytes."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

from hitless.images.configuration import empty
from hitless.images.digest import digest_of
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import layer_type
from hitless.images.packing import Packing, plain
from hitless.images.tarball import of_bytes, tar_pieces

CREATED = "1980-01-01T00:00:01Z"


def random_layer(size: int, seed: int = 0, packing: Packing | None = None) -> Layer:
    """One file of `size` bytes, in a plain tar unless told otherwise."""
    content = random.Random(seed).randbytes(size)
    tar = b"".join(tar_pieces([of_bytes(f"opt/file-{seed}", content)]))
    how = packing or plain()
    packed = b"".join(how.pack([tar]))
    kind = layer_type(how.compression, docker=False)
    return Layer(Blob(Descriptor(kind, digest_of(packed), len(packed)), lambda: io.BytesIO(packed)), digest_of(tar))


def random_image(*sizes: int, platform: str = "linux/amd64", seed: int = 0, packing: Packing | None = None) -> Image:
    """A layer for each size."""
    layers: Sequence[Layer] = [random_layer(size, seed + number, packing) for number, size in enumerate(sizes)]
    history = [{"created_by": "a test", "created": CREATED} for _ in layers]
    return Image(empty(Platform.parse(platform)), ()).on_top(layers, history, CREATED)
