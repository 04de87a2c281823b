"""Media types of images: the OCI's and docker's schema 2, and what each says about a blob."""

from __future__ import annotations

from enum import StrEnum

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"

INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})

_FOREIGN = (".foreign.", ".nondistributable.")


class Compression(StrEnum):
    """How a layer's tar is packed; the value is the suffix of the OCI media type."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"


def compression_of(media_type: str) -> Compression | None:
    """The compression that a layer's media type tells; None for what is no layer."""
    plain = media_type
    for word in _FOREIGN:
        plain = plain.replace(word, ".")
    if plain.startswith(OCI_LAYER):
        return _by_suffix(plain.removeprefix(OCI_LAYER).removeprefix("+"))
    if plain.startswith(DOCKER_LAYER):
        return _by_suffix(plain.removeprefix(DOCKER_LAYER).removeprefix("."))
    return None


def _by_suffix(suffix: str) -> Compression | None:
    try:
        return Compression(suffix)
    except ValueError:
        return None


def layer_type(compression: Compression, *, docker: bool) -> str:
    """The media type of a layer in an image of either family; zstd has none in docker's."""
    if docker:
        return DOCKER_LAYER + (f".{compression}" if compression else "")
    return OCI_LAYER + (f"+{compression}" if compression else "")
