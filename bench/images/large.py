"""A layer of gigabytes: how fast it is packed and hashed, in how much memory; and what cuts on the way cost."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.images.faulty_registry import FaultyRegistry

from bench.images.command import run
from bench.images.workshop import HITLESS, Workshop
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.registry.push import Uploads, push
from hitless.images.registry.transport import Access

CUTS = 5
_PIECE = 1 << 22


@dataclass(frozen=True)
class Large:
    """`weights` in bytes; `build_s`: read, packed and hashed; `whole_s`: and pushed; memory of the whole command."""

    weights: int
    build_s: float
    whole_s: float
    memory_mb: float

    @property
    def mb_per_s(self) -> float:
        return self.weights / 1e6 / self.build_s


@dataclass(frozen=True)
class Cut:
    """A push that was reset `cuts` times. `received`: bytes that the registry got; `sent`: that left us."""

    cuts: int
    size: int
    received: int
    sent: int

    @property
    def again(self) -> float:
        """The share that was sent twice."""
        return max(self.sent, self.received) / self.size - 1


def large(workshop: Workshop, weights: int, reference: str) -> Large:
    """A package with weights of random bytes, every other layer in the cache."""
    package, cache = workshop.package("large"), workshop.cache("large")
    build: list[str | Path] = [
        *HITLESS,
        "build",
        package,
        "--base",
        workshop.base,
        "--cache",
        cache,
        "-t",
        reference,
        "--push",
    ]
    run(build)
    size = _add_weights(package, weights)
    done = run(build)
    [seconds] = re.findall(r"; ([0-9.]+) s$", done.output, re.MULTILINE)
    return Large(size, float(seconds), done.seconds, done.memory_mb)


def _add_weights(package: Path, size: int) -> int:
    with (package / "weights.bin").open("wb") as file:
        for _ in range(size // _PIECE):
            file.write(os.urandom(_PIECE))
    return (package / "weights.bin").stat().st_size


def cut(workshop: Workshop, weights: int) -> Cut:
    """New weights for an image that is there, pushed through five resets, with the chunks of every day."""
    package, cache = workshop.package("cut"), workshop.cache("cut")
    _add_weights(package, weights)
    layout = cache / "image"
    run([*HITLESS, "build", package, "--base", workshop.base, "--cache", cache, "-o", layout])
    image = read_image(LayoutSource(layout), "the image")
    small = [layer for layer in image.layers if layer.descriptor.size < weights // 2]
    size = sum(blob.descriptor.size for blob in image.blobs) - sum(layer.descriptor.size for layer in small)
    with FaultyRegistry() as registry:
        for layer in small:
            with layer.blob.read() as blob:
                registry.blobs["team/app", layer.descriptor.digest] = blob.read()
        registry.faults.reset_at += [size * part // 11 for part in (1, 3, 5, 8, 10)]
        access = Access(sleep=lambda _: None)
        done = push(registry.reference("team/app:v1"), [image], access=access, uploads=Uploads(folder=cache / "up"))
        return Cut(CUTS - len(registry.faults.reset_at), size, registry.received, done.bytes_sent)
