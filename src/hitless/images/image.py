"""An image as a value: manifest, configuration, layers. Changing it gives another; bytes move only when somebody reads.

Sources (layout, archive, registry, engine) make it, sinks take it; they meet nowhere else.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hitless.images.configuration import Configuration
from hitless.images.digest import Readable
from hitless.images.faults import unreadable
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor, Index, Manifest, Platform, make_manifest
from hitless.images.media import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST


class Source(Protocol):
    """Where images come from."""

    def root(self) -> Manifest | Index:
        """What the name that was given stands for."""

    def manifest(self, descriptor: Descriptor) -> Manifest | Index:
        """What an index points at, checked."""

    def blob(self, descriptor: Descriptor) -> Readable:
        """The bytes of a blob, unchecked."""


@dataclass(frozen=True)
class Image:
    """`layers` from the lowest to the highest."""

    configuration: Configuration
    layers: tuple[Layer, ...]
    is_docker: bool = False  # docker's media types; never mixed with the OCI's
    annotations: Mapping[str, str] = field(default_factory=dict)
    read_manifest: Manifest | None = None  # as it was read: its bytes, and so its digest, are kept

    @property
    def manifest(self) -> Manifest:
        if self.read_manifest is not None:
            return self.read_manifest
        kind = DOCKER_MANIFEST if self.is_docker else OCI_MANIFEST
        descriptors = tuple(layer.descriptor for layer in self.layers)
        return make_manifest(kind, self.config_blob.descriptor, descriptors, self.annotations)

    @property
    def digest(self) -> str:
        return self.manifest.digest

    @property
    def platform(self) -> Platform:
        return self.configuration.platform

    @property
    def config_blob(self) -> Blob:
        data = self.configuration.data
        if self.read_manifest is not None:
            descriptor = self.read_manifest.config
        else:
            kind = DOCKER_CONFIG if self.is_docker else OCI_CONFIG
            descriptor = Descriptor(kind, self.configuration.digest, len(data))
        return Blob(descriptor, lambda: io.BytesIO(data))

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """All that a sink needs beside the manifest: each layer once, then the configuration."""
        once = {layer.descriptor.digest: layer.blob for layer in self.layers}
        return (*once.values(), self.config_blob)

    @property
    def size(self) -> int:
        """Bytes to transfer: packed layers, configuration and manifest."""
        return sum(blob.descriptor.size for blob in self.blobs) + len(self.manifest.data)

    def on_top(self, layers: Iterable[Layer], history: Iterable[Mapping[str, Any]], created: str) -> Image:
        """With more layers; one entry of history for each. They get the media types of this image's family."""
        added = tuple(layer.of_family(docker=self.is_docker) for layer in layers)
        configuration = self.configuration.appended([layer.diff_id for layer in added], history, created)
        return Image(configuration, (*self.layers, *added), self.is_docker, self.annotations)

    def configured(self, configuration: Configuration) -> Image:
        """With another configuration for the same layers."""
        return Image(configuration, self.layers, self.is_docker, self.annotations)

    def annotated(self, additions: Mapping[str, str]) -> Image:
        return Image(self.configuration, self.layers, self.is_docker, {**self.annotations, **additions})


def check_whole(manifest: Manifest, configuration: Configuration, what: str) -> None:
    """A layer has its diff_id, and each diff_id its layer (ImageError)."""
    layers, diff_ids = len(manifest.layers), len(configuration.diff_ids)
    if layers != diff_ids:
        raise unreadable(what, f"its manifest has {layers} layers and its configuration {diff_ids}")
