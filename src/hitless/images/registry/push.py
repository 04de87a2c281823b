"""Images to a registry: blobs in parallel, then manifests, then the index, the tag last, so that it never dangles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layer import Blob
from hitless.images.manifest import Descriptor, Index, Manifest, make_index
from hitless.images.media import DOCKER_LIST, OCI_INDEX
from hitless.images.reference import Reference
from hitless.images.registry.repository import Repository
from hitless.images.registry.resumption import Resumption, default_folder
from hitless.images.registry.session import Chunking
from hitless.images.registry.transport import Access, Body, Call
from hitless.images.registry.upload import Upload, Way

Progress = Callable[[int, int], None]  # so many bytes more: sent, and there already; less where some are sent again


def no_progress(_sent: int, _there: int) -> None:
    """For those who do not want to know."""


@dataclass(frozen=True)
class Uploads:
    """How blobs are sent. `folder`: where unfinished uploads are kept, None for the user's cache folder."""

    parallel: int = 4
    chunking: Chunking = field(default_factory=Chunking)
    folder: Path | None = None


@dataclass(frozen=True)
class Pushed:
    """What a push has done. `bytes_sent`: of blobs, also those that were sent again."""

    reference: Reference  # with the digest
    sent: tuple[Descriptor, ...] = ()
    mounted: tuple[Descriptor, ...] = ()
    there: tuple[Descriptor, ...] = ()
    bytes_sent: int = 0

    @property
    def bytes_sent_again(self) -> int:
        """0 for a push that went well; blobs that an earlier push had begun count as far as they were sent now."""
        return max(0, self.bytes_sent - sum(descriptor.size for descriptor in self.sent))


def push(
    reference: Reference,
    images: Sequence[Image],
    *,
    mounts: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
    access: Access | None = None,
    uploads: Uploads | None = None,
) -> Pushed:
    """Send one image, or several as one index; `mounts` names for digests a repository of the same registry.

    `progress` is called from several threads, one at a time. ImageError, UnavailableError.
    """
    root = _root(reference, images)
    blobs = {blob.descriptor.digest: blob for image in images for blob in image.blobs}
    with Repository(reference, access, writes=True) as repository:
        ways, bytes_sent = _Delivery(repository, mounts or {}, progress, uploads or Uploads()).run(list(blobs.values()))
        for image in images:
            if image.manifest.digest != root.digest:
                _put(repository, image.manifest, image.digest)
        _put(repository, root, reference.tag or root.digest)
    by_way = {way: tuple(blobs[digest].descriptor for digest, how in ways.items() if how is way) for way in Way}
    return Pushed(reference.at(root.digest), by_way[Way.SENT], by_way[Way.MOUNTED], by_way[Way.THERE], bytes_sent)


def _root(reference: Reference, images: Sequence[Image]) -> Manifest | Index:
    """What the tag is to stand for."""
    if len(images) == 1:
        root: Manifest | Index = images[0].manifest
    else:
        root = index_of(images)
    if reference.digest and reference.digest != root.digest:
        message = f"{reference} cannot be pushed: the digest of this image is {root.digest}"
        raise ImageError("REG-5", message, "Push it to a tag; its digest follows from what it is.")
    return root


def index_of(images: Sequence[Image]) -> Index:
    """Several platforms as one; docker's list where all are docker's images."""
    kind = DOCKER_LIST if all(image.is_docker for image in images) else OCI_INDEX
    entries = (image.manifest.descriptor for image in images)
    platforms = (image.platform for image in images)
    return make_index(
        kind,
        tuple(
            Descriptor(entry.media_type, entry.digest, entry.size, platform=platform)
            for entry, platform in zip(entries, platforms, strict=True)
        ),
    )


def _put(repository: Repository, manifest: Manifest | Index, version: str) -> None:
    data = manifest.data
    call = Call(
        "PUT",
        repository.url(f"manifests/{version}"),
        repository.scopes,
        {"Content-Type": manifest.media_type},
        Body(len(data), lambda: iter((data,))),
    )
    reply = repository.transport.send(call)
    if reply.status not in (200, 201, 202):
        raise repository.refused(reply, "push the manifest to")


class _Stopped(Exception):  # noqa: N818 - another blob's error is the one to tell
    """Another blob has failed."""


@dataclass
class _Delivery:
    """Blobs in threads, with one account for all."""

    repository: Repository
    mounts: Mapping[str, str]
    progress: Progress
    uploads: Uploads
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _error: BaseException | None = None
    _bytes_sent: int = 0

    def run(self, blobs: Sequence[Blob]) -> tuple[dict[str, Way], int]:
        """How each came to be there, and the bytes that went out. Ends with the first error."""
        largest_first = sorted(blobs, key=lambda blob: -blob.descriptor.size)
        ways: dict[str, Way] = {}
        with ThreadPoolExecutor(self.uploads.parallel, thread_name_prefix="push") as threads:
            running = {threads.submit(self._one, blob): blob.descriptor.digest for blob in largest_first}
            try:
                for done in as_completed(running):
                    ways[running[done]] = done.result()
            except _Stopped:
                raise self._error or RuntimeError("a push was stopped by nobody") from None
            finally:
                self._stop.set()
                threads.shutdown(wait=True, cancel_futures=True)
        return {blob.descriptor.digest: ways[blob.descriptor.digest] for blob in blobs}, self._bytes_sent

    def _one(self, blob: Blob) -> Way:
        try:
            self._go_on()
            return self._sent(blob)
        except _Stopped:
            raise
        except BaseException as error:
            with self._lock:
                self._error = self._error or error
            self._stop.set()
            raise

    def _sent(self, blob: Blob) -> Way:
        descriptor = blob.descriptor
        reference = self.repository.reference
        account = _Account(self)
        source = self.mounts.get(descriptor.digest, "")
        folder = self.uploads.folder or default_folder()
        with Resumption(folder, reference.host, reference.repository, descriptor.digest).claimed() as kept:
            upload = Upload(self.repository, blob, self.uploads.chunking, kept, account.moved)
            way = upload.run(source if source != reference.repository else "")
        if way is not Way.SENT:
            self.told(0, descriptor.size, 0)
        return way

    def told(self, sent: int, there: int, out: int) -> None:
        """`out`: bytes that went to the socket. _Stopped if another blob has failed."""
        self._go_on()
        with self._lock:
            self._bytes_sent += out
            self.progress(sent, there)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _Stopped


@dataclass
class _Account:
    """What one blob has told: places become differences."""

    delivery: _Delivery
    _offset: int = 0
    _began: int = 0

    def moved(self, offset: int, began: int) -> None:
        sent = (offset - began) - (self._offset - self._began)
        there = began - self._began
        out = offset - self._offset if began == self._began and offset > self._offset else 0
        self._offset, self._began = offset, began
        if sent or there:
            self.delivery.told(sent, there, out)
