"""What the tests of pushes share: access without logins, waits that are noted, progress that is summed up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.images.faulty_registry import FaultyRegistry

from hitless.images.credentials import Login, Lookup, nobody
from hitless.images.image import Image
from hitless.images.registry.push import Pushed, Uploads, push
from hitless.images.registry.session import Chunking
from hitless.images.registry.transport import Access

SMALL_CHUNKS = Chunking(above=1 << 20, least=32 << 10)


@dataclass
class Sender:
    """Pushes to a registry. `waits`: seconds that it would have waited; `sent` and `there` as its progress told."""

    folder: Path
    login: Login | None = None
    waits: list[float] = field(default_factory=list)
    sent: int = 0
    there: int = 0

    @property
    def access(self) -> Access:
        logins = nobody if self.login is None else lambda _host, _repository: Lookup(self.login)
        return Access(logins=logins, sleep=self.waits.append)

    def push(
        self,
        registry: FaultyRegistry,
        *images: Image,
        to: str = "team/app:v1",
        mounts: dict[str, str] | None = None,
        chunking: Chunking = SMALL_CHUNKS,
        parallel: int = 1,
    ) -> Pushed:
        uploads = Uploads(parallel, chunking, self.folder)
        return push(
            registry.reference(to),
            images,
            mounts=mounts,
            progress=self.progress,
            access=self.access,
            uploads=uploads,
        )

    def progress(self, sent: int, there: int) -> None:
        self.sent += sent
        self.there += there


def bytes_of(image: Image) -> int:
    """Of all blobs."""
    return sum(blob.descriptor.size for blob in image.blobs)


def is_whole(registry: FaultyRegistry, image: Image, repository: str = "team/app", tag: str = "v1") -> bool:
    """Whether the registry has the image under its tag, and every blob of it, byte for byte."""
    _, manifest = registry.manifests.get((repository, tag), ("", b""))
    return manifest == image.manifest.data and all(
        registry.blobs.get((repository, blob.descriptor.digest)) == blob.read().read() for blob in image.blobs
    )
