"""Images in one file: archives as `docker save`, `podman save` and skopeo write them, and ours, which all of them read.

Ours is a tar that is an OCI layout and has docker's manifest.json, too: the same bytes for the same images everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hitless.errors import UnavailableError
from hitless.images.docker_archive import DockerFiles
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layer import Blob
from hitless.images.layout import (
    CONTAINERD_NAME,
    MARK,
    REFERENCE_NAME,
    LayoutSource,
    Progress,
    blob_path,
    no_progress,
)
from hitless.images.manifest import Descriptor, canonical, make_index
from hitless.images.media import OCI_INDEX
from hitless.images.reference import Reference
from hitless.images.replacing import replacing
from hitless.images.tarball import FOLDER, Entry, of_bytes, tar_pieces
from hitless.images.tarfiles import MOST_SPOOLED_BYTES, TarFiles


def archive_source(file: Path, name: str = "", *, most_bytes: int = MOST_SPOOLED_BYTES) -> LayoutSource:
    """Images of an archive, packed or not. `name`: one of them, as the archive has it. ImageError; UnavailableError.

    `most_bytes`: of a packed archive, unpacked (it takes so much room among the temporary files).
    """
    files = TarFiles(file, most_bytes=most_bytes)
    if "oci-layout" in files:
        return LayoutSource(files, name)
    if "manifest.json" in files:
        return LayoutSource(DockerFiles(files), name)
    raise ImageError(
        "IMG-21", f"{files.what} has neither oci-layout nor manifest.json", "Is it what `docker save` wrote?"
    )


def write_archive(file: Path, images: Mapping[Reference, Image], progress: Progress = no_progress) -> None:
    """Write images by name, whole or not at all. UnavailableError; ImageError for a source that is damaged."""
    entries = [_descriptor(image, _names(reference)) for reference, image in images.items()]
    docker = [_docker(reference, image) for reference, image in images.items()]
    files = {"index.json": make_index(OCI_INDEX, tuple(entries)).data, "manifest.json": canonical(docker)}
    _write(file, list(images.values()), files, progress)


def write_platforms(
    file: Path, reference: Reference, images: Sequence[Image], progress: Progress = no_progress
) -> None:
    """Write the images of several platforms under one name: an OCI archive only, docker's form knows no platforms."""
    index = make_index(OCI_INDEX, tuple(_descriptor(image, {}) for image in images))
    entry = Descriptor(OCI_INDEX, index.digest, len(index.data), _names(reference))
    files = {"index.json": make_index(OCI_INDEX, (entry,)).data, blob_path(index.digest): index.data}
    _write(file, images, files, progress)


def _descriptor(image: Image, annotations: Mapping[str, str]) -> Descriptor:
    known = image.manifest.descriptor
    return Descriptor(known.media_type, known.digest, known.size, annotations, image.platform)


def _names(reference: Reference) -> dict[str, str]:
    if not reference.tag:
        return {}
    return {REFERENCE_NAME: reference.tag, CONTAINERD_NAME: _tagged(reference)}


def _tagged(reference: Reference) -> str:
    return str(Reference(reference.host, reference.repository, reference.tag))


def _docker(reference: Reference, image: Image) -> dict[str, object]:
    return {
        "Config": blob_path(image.config_blob.descriptor.digest),
        "RepoTags": [_tagged(reference)] if reference.tag else [],
        "Layers": [blob_path(layer.descriptor.digest) for layer in image.layers],
    }


def _write(file: Path, images: Iterable[Image], files: Mapping[str, bytes], progress: Progress) -> None:
    small = {**files, "oci-layout": MARK}
    blobs: dict[str, Blob] = {}
    for image in images:
        small[blob_path(image.digest)] = image.manifest.data
        blobs |= {blob_path(blob.descriptor.digest): blob for blob in image.blobs}
    entries = [of_bytes(path, data) for path, data in small.items() if path not in blobs]
    entries += [Entry(path, size=blob.descriptor.size, open=blob.read) for path, blob in blobs.items()]
    entries += [Entry(folder, FOLDER, is_folder=True) for folder in _folders([*small, *blobs])]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as archive:
            for piece in tar_pieces(entries):
                archive.write(piece)
                progress(len(piece))
    except OSError as error:
        raise UnavailableError(f"the archive {file} cannot be written: {error.strerror}") from error


def _folders(paths: Iterable[str]) -> Iterator[str]:
    yield "blobs"
    yield from sorted({path.rpartition("/")[0] for path in paths if "/" in path})
