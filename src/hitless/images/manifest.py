"""Manifests and indexes as values (image-spec: descriptor.md, manifest.md, image-index.md; docker's schema 2).

What was read keeps its bytes: a digest is of bytes, not of what they mean. What is made is written one way only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from hitless.images.digest import check_digest, digest_of
from hitless.images.faults import ImageError, unreadable
from hitless.images.media import INDEXES, MANIFESTS, OCI_INDEX, OCI_MANIFEST

MOST_MANIFEST_BYTES = 4 << 20  # what registries take (distribution-spec)
MOST_CONFIG_BYTES = 8 << 20


class Platform(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=False):
    """`linux/arm64/v8`. os.version and os.features are kept in the raw bytes only."""

    architecture: str
    os: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """`linux/amd64` or `linux/arm64/v8`; ImageError."""
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise ImageError("IMG-7", f"{text!r} is no platform", "Write it like linux/amd64 or linux/arm64/v8.")
        return cls(parts[1], parts[0], parts[2] if len(parts) == 3 else "")

    def fits(self, wanted: Platform) -> bool:
        """Whether an image for this one serves somebody who wants that one; arm64 and arm64/v8 are the same."""
        return (self.os, self.architecture) == (wanted.os, wanted.architecture) and (
            self._variant() == wanted._variant() or not wanted.variant
        )

    def _variant(self) -> str:
        return "" if (self.architecture, self.variant) == ("arm64", "v8") else self.variant


def host_platform() -> Platform:
    """Of this machine."""
    machines: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    machine = os.uname().machine
    return Platform(machines.get(machine, machine), "linux")


class Descriptor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A blob by type, digest and size (bytes)."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = {}
    platform: Platform | None = None
    artifact_type: str = ""


class _Index(msgspec.Struct, rename="camel"):
    manifests: list[Descriptor]
    schema_version: int = 2
    media_type: str = ""
    annotations: Mapping[str, str] = {}


class _Manifest(msgspec.Struct, rename="camel"):
    config: Descriptor
    layers: list[Descriptor]
    schema_version: int = 2
    media_type: str = ""
    annotations: Mapping[str, str] = {}


class Index(msgspec.Struct, frozen=True):
    """Images for several platforms. `data`: its exact bytes."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    data: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.data)


class Manifest(msgspec.Struct, frozen=True):
    """One image. `data`: its exact bytes."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    data: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.data)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.data))


def canonical(value: Any) -> bytes:
    """The one way in which we write JSON: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_manifest(data: bytes, media_type: str, what: str) -> Manifest | Index:
    """The manifest or index in some bytes; `media_type` as told by whoever gave them, "" if nobody did. ImageError."""
    if len(data) > MOST_MANIFEST_BYTES:
        raise unreadable(what, f"a manifest of {len(data):,} bytes is larger than registries take")
    head = _decode(data, _Head, what)
    kind = head.media_type or media_type
    if not kind:
        kind = OCI_INDEX if head.manifests is not None else OCI_MANIFEST
    if head.schema_version != 2:
        raise unreadable(what, f"schema version {head.schema_version}, where 2 is the only one that is still used")
    if kind in INDEXES:
        index = _decode(data, _Index, what)
        _check(index.manifests, what)
        return Index(kind, tuple(index.manifests), index.annotations, data)
    if kind in MANIFESTS:
        manifest = _decode(data, _Manifest, what)
        _check([manifest.config, *manifest.layers], what)
        return Manifest(kind, manifest.config, tuple(manifest.layers), manifest.annotations, data)
    raise unreadable(what, f"its media type is {kind[:200]!r}")


def make_manifest(
    media_type: str, config: Descriptor, layers: tuple[Descriptor, ...], annotations: Mapping[str, str]
) -> Manifest:
    """A manifest in canonical bytes."""
    value = _plain(_Manifest(config, list(layers), 2, media_type, annotations))
    return Manifest(media_type, config, layers, annotations, canonical(value))


def make_index(media_type: str, manifests: tuple[Descriptor, ...], annotations: Mapping[str, str] = {}) -> Index:
    """An index in canonical bytes."""
    value = _plain(_Index(list(manifests), 2, media_type, annotations))
    return Index(media_type, manifests, annotations, canonical(value))


class _Head(msgspec.Struct, rename="camel"):
    schema_version: int = 2
    media_type: str = ""
    manifests: list[Any] | None = None


_T = TypeVar("_T")


def _decode(data: bytes, kind: type[_T], what: str) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(what, str(error)) from None


def _check(descriptors: list[Descriptor], what: str) -> None:
    for descriptor in descriptors:
        check_digest(descriptor.digest, what)
        if descriptor.size < 0:
            raise unreadable(what, f"{descriptor.digest} has a size of {descriptor.size}")


def _plain(value: Any) -> Any:
    plain = msgspec.to_builtins(value)
    if not plain["annotations"]:
        del plain["annotations"]
    return plain
