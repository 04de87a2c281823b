"""A registry as a source of images."""

from __future__ import annotations

from hitless.images.digest import Readable
from hitless.images.faults import ImageError, damaged, unreadable
from hitless.images.manifest import Descriptor, Index, Manifest
from hitless.images.reference import Reference
from hitless.images.registry.closing import Closing
from hitless.images.registry.repository import Repository
from hitless.images.registry.transport import Access


class RegistrySource(Closing):
    """What a reference stands for. The connection stays open for blobs that are read later, until `close`."""

    def __init__(self, reference: Reference, access: Access | None = None) -> None:
        self._reference = reference
        self._repository = Repository(reference, access)

    def root(self) -> Manifest | Index:
        """ImageError if the registry has no such image."""
        found = self.previous()
        if found is None:
            host, name = self._reference.host, self._reference.repository
            message = f"{host} has no image {name} with {self._reference.version}"
            raise ImageError("REG-1", message, f"Check the name, and log in to {host} if it is not for everybody.")
        return found

    def previous(self) -> Manifest | Index | None:
        """What is there under the reference now, None for nothing: a build reuses its layers. UnavailableError."""
        return self._repository.manifest(self._reference.version)

    def tags(self) -> list[str]:
        """The tags of the repository."""
        return self._repository.tags()

    def manifest(self, descriptor: Descriptor) -> Manifest | Index:
        what = f"the manifest {descriptor.digest}"
        found = self._repository.manifest(descriptor.digest)
        if found is None:
            raise unreadable(str(self._reference), f"{descriptor.digest} is missing at the registry")
        if len(found.data) != descriptor.size:
            raise damaged(what, f"it has {len(found.data)} bytes, and should have {descriptor.size}")
        return found

    def blob(self, descriptor: Descriptor) -> Readable:
        return self._repository.blob(descriptor)

    def close(self) -> None:
        self._repository.close()
