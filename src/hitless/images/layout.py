"""OCI layouts: a folder with `oci-layout`, `index.json` and blobs by digest (image-spec, image-layout.md).

Written so that it is whole at every moment: blobs first, each renamed into place, index.json last. Processes that write
into one layout take turns with index.json: none loses the tags of another.

Bytes are on the disk before a file has its name: a blob that is there is believed to be whole and never written again,
so one that a loss of power had left empty would spoil every later image; so would an index.json. That costs 0.03 s for
an image of 68 MB (ext4, measured), a millisecond for another tag. A cache, which can be made anew, does without.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from hitless.errors import UnavailableError
from hitless.images.digest import PIECE, Readable, check_digest, digest_of, read_some, read_verified
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
from hitless.images.replacing import replacing

REFERENCE_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
MARK = b'{"imageLayoutVersion":"1.0.0"}'

Progress = Callable[[int], None]  # so many bytes more


def no_progress(_: int) -> None:
    """For those who do not want to know."""


class Files(Protocol):
    """What a layout lies in: a folder, or an archive. `what` names it in errors."""

    what: str

    def open(self, path: str) -> Readable:
        """OSError for what is not there or no file."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.what = f"the layout {folder}"
        self._folder = folder

    def open(self, path: str) -> Readable:
        file = self._folder / path
        if not file.is_file():
            file.stat()  # says so if there is nothing
            raise OSError(errno.EINVAL, "it is no file")  # a pipe would wait for its writer
        return file.open("rb")


class LayoutSource:
    """Reads a layout. `name`: the tag of one of its images, "" for the only one (or all)."""

    def __init__(self, place: Path | Files, name: str = "") -> None:
        self._files = _Folder(place) if isinstance(place, Path) else place
        self._name = name

    def root(self) -> Manifest | Index:
        what = self._files.what
        try:
            mark = json.loads(self._small("oci-layout"))
        except (ValueError, RecursionError) as error:
            raise unreadable(what, f"oci-layout: {error}") from None
        data = self._small("index.json")
        if not isinstance(mark, dict) or mark.get("imageLayoutVersion") != "1.0.0":
            raise unreadable(what, "its version is not 1.0.0")
        index = parse_manifest(data, OCI_INDEX, what)
        if isinstance(index, Manifest):
            raise unreadable(what, "index.json is no index")
        return self._chosen(index, what)

    def _small(self, path: str) -> bytes:
        try:
            with contextlib.closing(self._files.open(path)) as file:
                return read_some(file, MOST_MANIFEST_BYTES + 1)  # what is larger is refused by its reader
        except FileNotFoundError:
            raise unreadable(self._files.what, f"{path} is missing") from None
        except OSError as error:
            raise unreadable(self._files.what, f"{path}: {error.strerror}") from None

    def _chosen(self, index: Index, what: str) -> Manifest | Index:
        entries = tuple(entry for entry in index.manifests if not self._name or self._name in names_of(entry))
        if self._name and not entries:
            names = ", ".join(sorted({name for entry in index.manifests for name in names_of(entry)[:1]}) or ["none"])
            raise ImageError("IMG-6", f"{what} has no image {self._name!r}, but: {names}", "Choose one of these.")
        entries = tuple({entry.digest: entry for entry in entries}.values())  # one image may have several tags
        return self.manifest(entries[0]) if len(entries) == 1 else make_index(OCI_INDEX, entries)

    def manifest(self, descriptor: Descriptor) -> Manifest | Index:
        what = f"the manifest {descriptor.digest}"
        blob = self.blob(descriptor)
        data = read_verified(blob, descriptor.digest, descriptor.size, what, most=MOST_MANIFEST_BYTES)
        return parse_manifest(data, descriptor.media_type, what)

    def blob(self, descriptor: Descriptor) -> Readable:
        try:
            return self._files.open(blob_path(descriptor.digest))
        except OSError as error:
            raise unreadable(self._files.what, f"{descriptor.digest}: {error.strerror}") from None


def names_of(entry: Descriptor) -> list[str]:
    """The names of an entry of an index: as tools write them into layouts, then as containerd does."""
    return [entry.annotations[key] for key in (REFERENCE_NAME, CONTAINERD_NAME) if key in entry.annotations]


def blob_path(digest: str) -> str:
    """Where a blob is in a layout; ImageError for what is no digest."""
    algorithm, _, encoded = check_digest(digest, "a blob").partition(":")
    return f"blobs/{algorithm}/{encoded}"


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
        with _alone(folder):
            _put_index(folder, entries)
    except OSError as error:
        raise UnavailableError(f"the layout {folder} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; the lock is the folder's own, so that no file is added to the layout.

    File systems that have no such locks (some of networks) go without.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_index(folder: Path, entries: list[Descriptor]) -> None:
    names = {entry.annotations[REFERENCE_NAME] for entry in entries}
    kept: tuple[Descriptor, ...] = ()
    with contextlib.suppress(FileNotFoundError):
        old = parse_manifest((folder / "index.json").read_bytes(), OCI_INDEX, f"the layout {folder}")
        if isinstance(old, Index):
            kept = tuple(entry for entry in old.manifests if entry.annotations.get(REFERENCE_NAME) not in names)
    _replace(folder / "oci-layout", MARK)
    _replace(folder / "index.json", make_index(OCI_INDEX, (*kept, *entries)).data)


def put_blob(folder: Path, blob: Blob, progress: Progress = no_progress) -> Path:
    """A blob in its place, checked while it is copied; one that is there already is left as it is."""
    target = folder / blob_path(blob.descriptor.digest)
    if target.exists() and target.stat().st_size == blob.descriptor.size:
        progress(blob.descriptor.size)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with blob.read() as source, replacing(target, durable=True) as file:
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
    with replacing(target, durable=True) as file:
        file.write(data)
