"""OCI layouts: a folder with `oci-layout`, `index.json` and blobs by digest (image-spec, image-layout.md).

Written so that it is whole at every moment: blobs first, each renamed into place, index.json last.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from hitless.errors import UnavailableError
from hitless.images.digest import PIECE, Readable, check_digest, digest_of, read_verified
from hitless.images.faults import ImageError, unreadable
from hitless.images.image import Image
from hitless.images.layer import Blob
from hitless.images.manifest import (
    MOST_MANIFEST_BYTES,
    Descriptor,
    Index,
    Manifest,
    make_index,
    parse_manifest,
)
from hitless.images.media import OCI_INDEX

REFERENCE_NAME = "org.opencontainers.image.ref.name"
_MARK = b'{"imageLayoutVersion":"1.0.0"}'

Progress = Callable[[int], None]  # so many bytes more


def no_progress(_: int) -> None:
    """For those who do not want to know."""


class LayoutSource:
    """Reads a layout. `name`: the tag of one of its images, "" for the only one (or all)."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self._folder = folder
        self._name = name

    def root(self) -> Manifest | Index:
        what = f"the layout {self._folder}"
        try:
            mark = json.loads((self._folder / "oci-layout").read_bytes())
            data = (self._folder / "index.json").read_bytes()
        except FileNotFoundError as error:
            raise unreadable(what, f"{Path(error.filename).name} is missing") from None
        except (OSError, ValueError) as error:
            raise unreadable(what, str(error)) from None
        if not isinstance(mark, dict) or mark.get("imageLayoutVersion") != "1.0.0":
            raise unreadable(what, "its version is not 1.0.0")
        index = parse_manifest(data, OCI_INDEX, what)
        if isinstance(index, Manifest):
            raise unreadable(what, "index.json is no index")
        return self._chosen(index, what)

    def _chosen(self, index: Index, what: str) -> Manifest | Index:
        entries = index.manifests
        if self._name:
            entries = tuple(entry for entry in entries if entry.annotations.get(REFERENCE_NAME) == self._name)
            if not entries:
                names = ", ".join(sorted(entry.annotations.get(REFERENCE_NAME, "-") for entry in index.manifests))
                raise ImageError("IMG-6", f"{what} has no image {self._name!r}, but: {names}", "Choose one of these.")
        return self.manifest(entries[0]) if len(entries) == 1 else make_index(OCI_INDEX, entries)

    def manifest(self, descriptor: Descriptor) -> Manifest | Index:
        what = f"the manifest {descriptor.digest}"
        blob = self.blob(descriptor)
        data = read_verified(blob, descriptor.digest, descriptor.size, what, most=MOST_MANIFEST_BYTES)
        return parse_manifest(data, descriptor.media_type, what)

    def blob(self, descriptor: Descriptor) -> Readable:
        algorithm, _, encoded = check_digest(descriptor.digest, str(self._folder)).partition(":")
        try:
            return (self._folder / "blobs" / algorithm / encoded).open("rb")
        except OSError as error:
            raise unreadable(f"the layout {self._folder}", f"{descriptor.digest}: {error.strerror}") from None


def write_layout(folder: Path, images: dict[str, Image], progress: Progress = no_progress) -> None:
    """Put images into a layout, by tag; what is there already stays, a tag that is there moves. UnavailableError.

    Several images under one tag are one index: give them with `write_index`.
    """
    entries = [_entry(image, {REFERENCE_NAME: name}) for name, image in images.items()]
    _write(folder, list(images.values()), [], entries, progress)


def write_index(folder: Path, name: str, images: list[Image], progress: Progress = no_progress) -> Index:
    """Put the images of several platforms into a layout, as one index with a tag."""
    index = make_index(OCI_INDEX, tuple(_entry(image, {}) for image in images))
    entry = Descriptor(OCI_INDEX, index.digest, len(index.data), {REFERENCE_NAME: name})
    _write(folder, images, [index.data], [entry], progress)
    return index


def _entry(image: Image, annotations: dict[str, str]) -> Descriptor:
    known = image.manifest.descriptor
    return Descriptor(known.media_type, known.digest, known.size, annotations, image.platform)


def _write(folder: Path, images: list[Image], more: list[bytes], entries: list[Descriptor], progress: Progress) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for image in images:
            for blob in image.blobs:
                put_blob(folder, blob, progress)
            _put_bytes(folder, image.manifest.data)
        for data in more:
            _put_bytes(folder, data)
        _put_index(folder, entries)
    except OSError as error:
        raise UnavailableError(f"the layout {folder} cannot be written: {error.strerror}") from error


def _put_index(folder: Path, entries: list[Descriptor]) -> None:
    names = {entry.annotations[REFERENCE_NAME] for entry in entries}
    kept: tuple[Descriptor, ...] = ()
    with contextlib.suppress(FileNotFoundError):
        old = parse_manifest((folder / "index.json").read_bytes(), OCI_INDEX, f"the layout {folder}")
        if isinstance(old, Index):
            kept = tuple(entry for entry in old.manifests if entry.annotations.get(REFERENCE_NAME) not in names)
    _replace(folder / "oci-layout", _MARK)
    _replace(folder / "index.json", make_index(OCI_INDEX, (*kept, *entries)).data)


def put_blob(folder: Path, blob: Blob, progress: Progress = no_progress) -> Path:
    """A blob in its place, checked while it is copied; one that is there already is left as it is."""
    algorithm, _, encoded = check_digest(blob.descriptor.digest, "a blob").partition(":")
    target = folder / "blobs" / algorithm / encoded
    if target.exists() and target.stat().st_size == blob.descriptor.size:
        progress(blob.descriptor.size)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with blob.read() as source, _into(target) as file:
        while data := source.read(PIECE):
            file.write(data)
            progress(len(data))
    return target


def _put_bytes(folder: Path, data: bytes) -> None:
    target = folder / "blobs" / "sha256" / digest_of(data).partition(":")[2]
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)


def _replace(target: Path, data: bytes) -> None:
    with _into(target) as file:
        file.write(data)


@contextlib.contextmanager
def _into(target: Path) -> Iterator[BinaryIO]:
    """A file beside its place, renamed into it when it is whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:20]}-", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            yield file
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
