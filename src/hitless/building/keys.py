"""What decides the bytes of a layer, as one hash: the same key, the same layer, without looking at the bytes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hitless.images.manifest import canonical

REVISION = 2  # of how layers are packed; raised when the same inputs give other bytes
MARK = "hitless-layer-key:"  # in the comment of an image's history


def key_of(kind: str, inputs: Sequence[object], *, epoch: int, packing: str) -> str:
    """`inputs`: everything that the layer is made of, as JSON values."""
    value = {"kind": kind, "inputs": list(inputs), "epoch": epoch, "packing": packing, "revision": REVISION}
    return hashlib.sha256(canonical(value)).hexdigest()
