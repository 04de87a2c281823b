"""The good image that is not run, and changes of it: of its files, its config.json, its layers."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.specimens.images import BATCH_SYSTEM, CONFIG, Content, File, Link, layer, program
from tests.specimens.images import specimen as image_of

from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor
from hitless.images.media import DOCKER_LAYER

LABELS = {"org.opencontainers.image.base.digest": "sha256:" + "0" * 64}
START = b"exec python3 -m server\n"
BOOT = b"#!/bin/sh\n" + START
RUN = "/home/run.sh"
DEBIAN: Mapping[str, Content] = {**BATCH_SYSTEM, "/bin/sh": Link("dash"), "/bin/dash": program()}


def good(files: Mapping[str, Content] | None = None, **changes: Any) -> Image:
    """The one from which all others are made."""
    own = {RUN: File(BOOT, 0o755), **(files or {})}
    return image_of(own, **{"labels": LABELS, "base": DEBIAN, **changes})


def config(**changes: Any) -> dict[str, Any]:
    """Of the good image, with keys replaced; None removes one."""
    value = {**CONFIG, **changes}
    return {key: entry for key, entry in value.items() if entry is not None}


def health(**changes: Any) -> dict[str, Any]:
    return config(health={**CONFIG["health"], **changes})


def api(**changes: Any) -> dict[str, Any]:
    return config(apis=[{**CONFIG["apis"][0], **changes}])


def on_top(added: Layer, history: int = 1) -> Image:
    image = good()
    value = image.configuration.appended([added.diff_id], [{"created_by": "more"}] * history, "")
    return Image(value, (*image.layers, added))


def top(change: Callable[[Layer, bytes], Layer]) -> Image:
    """With another last layer than the manifest has."""
    image = good()
    last = image.layers[-1]
    return replace(image, layers=(*image.layers[:-1], change(last, last.blob.open().read())))


def flipped(last: Layer, data: bytes) -> Layer:
    return _bytes(last, data[:600] + bytes([data[600] ^ 1]) + data[601:])


def cut(last: Layer, data: bytes) -> Layer:
    return _bytes(last, data[: len(data) // 2])


def _bytes(last: Layer, data: bytes) -> Layer:
    return Layer(Blob(last.blob.descriptor, lambda: io.BytesIO(data)), last.diff_id)


def another_diff_id(last: Layer, _: bytes) -> Layer:
    return replace(last, diff_id="sha256:" + "1" * 64)


def mixed() -> Image:
    one = layer({"/opt/x": b"1"})
    known = one.blob.descriptor
    return on_top(Layer(Blob(Descriptor(DOCKER_LAYER, known.digest, known.size), one.blob.open), one.diff_id))


def many_layers() -> Image:
    below = good().on_top([layer({"/opt/x": b"1"})] * 125, [{}] * 125, "")
    return image_of({RUN: BOOT}, labels=LABELS, base=below)


def hiding() -> Image:
    first = good().on_top([layer({"/opt/weights": bytes(10_100_000)})], [{}], "")
    return first.on_top([layer({"/opt/.wh.weights": b""})], [{}], "")


def starting(path: str, first_line: bytes) -> Image:
    """An image that starts a script by its name."""
    return good({path: File(first_line + START, 0o755)}, command=[path.removeprefix("/usr/bin/")])
