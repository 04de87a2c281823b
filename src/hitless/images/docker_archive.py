"""Docker's archives (`docker save`: manifest.json, configurations, layer tars), seen as an OCI layout."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from typing import TypeVar

import msgspec

from hitless.images.configuration import parse_configuration
from hitless.images.digest import PIECE, SHA256, Readable, read_some
from hitless.images.faults import ImageError, unreadable
from hitless.images.layout import CONTAINERD_NAME, MARK, REFERENCE_NAME, blob_path
from hitless.images.manifest import (
    MOST_CONFIG_BYTES,
    MOST_MANIFEST_BYTES,
    Descriptor,
    make_index,
    make_manifest,
)
from hitless.images.media import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_INDEX, Compression, layer_type
from hitless.images.reference import parse_reference
from hitless.images.tarfiles import TarFiles, compression_by_head

_MOST_IMAGES = 100
_MOST_LAYERS = 1000  # an image with more than 127 is refused by others, with a better message


class _Item(msgspec.Struct):
    Config: str
    RepoTags: list[str] | None = None
    Layers: list[str] | None = None


class DockerFiles:
    """Has what a layout has: manifests and an index are made of what manifest.json says. ImageError.

    Nothing is believed: a layer's digest is its diff_id, or that in its name, or is computed; all are checked by
    whoever reads the layer.
    """

    def __init__(self, files: TarFiles) -> None:
        self.what = files.what
        self._files = files
        self._made: dict[str, bytes] = {"oci-layout": MARK}
        self._members: dict[str, str] = {}
        self._made["index.json"] = make_index(OCI_INDEX, tuple(self._entries())).data

    def open(self, path: str) -> Readable:
        made = self._made.get(path)
        return self._files.open(self._members.get(path, path)) if made is None else io.BytesIO(made)

    def _entries(self) -> Iterator[Descriptor]:
        items = _decoded(self._read("manifest.json", MOST_MANIFEST_BYTES), list[_Item], self.what)
        if len(items) > _MOST_IMAGES:
            raise unreadable(self.what, f"it has more than {_MOST_IMAGES} images")
        for item in items:
            manifest = self._manifest(item)
            for tag in item.RepoTags or [""]:
                yield msgspec.structs.replace(manifest, annotations=_names(tag))

    def _manifest(self, item: _Item) -> Descriptor:
        data = self._read(item.Config, MOST_CONFIG_BYTES)
        configuration = parse_configuration(data, f"the configuration in {self.what}")
        names, diff_ids = item.Layers or [], configuration.diff_ids
        if len(names) != len(diff_ids) or len(names) > _MOST_LAYERS:
            raise unreadable(self.what, f"manifest.json has {len(names)} layers, the configuration {len(diff_ids)}")
        layers = tuple(self._layer(name, diff_id) for name, diff_id in zip(names, diff_ids, strict=True))
        config = Descriptor(DOCKER_CONFIG, configuration.digest, len(data))
        manifest = make_manifest(DOCKER_MANIFEST, config, layers, {})
        self._made[blob_path(config.digest)] = data
        self._made[blob_path(manifest.digest)] = manifest.data
        known = manifest.descriptor
        return Descriptor(known.media_type, known.digest, known.size, platform=configuration.platform)

    def _layer(self, name: str, diff_id: str) -> Descriptor:
        with closing(self._open(name)) as file:
            compression = compression_by_head(file.read(4))
        named = "sha256:" + name.removeprefix("blobs/sha256/")
        if compression is Compression.NONE:
            digest = diff_id
        elif SHA256.fullmatch(named):
            digest = named
        else:
            digest = self._digest(name)
        self._members[blob_path(digest)] = name
        return Descriptor(layer_type(compression, docker=True), digest, self._files.size(name))

    def _digest(self, name: str) -> str:
        computed = hashlib.sha256()
        with closing(self._open(name)) as file:
            while data := file.read(PIECE):
                computed.update(data)
        return f"sha256:{computed.hexdigest()}"

    def _read(self, name: str, most: int) -> bytes:
        with closing(self._open(name)) as file:
            data = read_some(file, most + 1)
        if len(data) > most:
            raise unreadable(self.what, f"{name[:200]!r} has more than {most:,} bytes")
        return data

    def _open(self, name: str) -> Readable:
        try:
            return self._files.open(name)
        except OSError as error:
            raise unreadable(self.what, f"{name[:200]!r}: {error.strerror}") from None


_T = TypeVar("_T")


def _decoded(data: bytes, kind: type[_T], what: str) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(what, f"manifest.json: {error}") from None


def _names(tag: str) -> dict[str, str]:
    if not tag:
        return {}
    try:
        return {REFERENCE_NAME: tag, CONTAINERD_NAME: str(parse_reference(tag))}
    except ImageError:
        return {REFERENCE_NAME: tag}
