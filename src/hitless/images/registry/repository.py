"""One repository at a registry, for reading: manifests, tags, and which blobs are there (distribution-spec, pull).

What comes is verified by its own digest; what a header says of it (Docker-Content-Digest) is not believed.
"""

from __future__ import annotations

import io
import re

import httpx
import msgspec

from hitless.errors import HitlessError
from hitless.images.digest import Readable, Verified
from hitless.images.faults import unreadable
from hitless.images.manifest import MOST_MANIFEST_BYTES, Descriptor, Index, Manifest, parse_manifest
from hitless.images.media import DOCKER_LIST, DOCKER_MANIFEST, INDEXES, MANIFESTS, OCI_INDEX, OCI_MANIFEST
from hitless.images.reference import Reference
from hitless.images.registry.address import resolved
from hitless.images.registry.closing import Closing
from hitless.images.registry.download import Download
from hitless.images.registry.refusals import Reply, refusal
from hitless.images.registry.transport import Access, Call, Transport

_ACCEPT = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST))
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_MOST_PAGES = 1000
_MOST_PAGE_BYTES = 4 << 20


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class Repository(Closing):
    """Safe in threads; to be closed. `writes`: tokens are for pushing, too."""

    def __init__(self, reference: Reference, access: Access | None = None, *, writes: bool = False) -> None:
        self.reference = reference
        self.transport = Transport(reference.host, access or Access())
        self.scopes = (f"repository:{reference.repository}:{'pull,push' if writes else 'pull'}",)

    def manifest(self, version: str) -> Manifest | Index | None:
        """By tag or digest; None if the registry has none. ImageError, UnavailableError."""
        what = f"the manifest {version} of {self.reference.host}/{self.reference.repository}"
        reply = self.transport.send(self.call("GET", f"manifests/{version}", {"Accept": _ACCEPT}), MOST_MANIFEST_BYTES)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise self.refused(reply, "pull from")
        data = reply.body
        if ":" in version:
            data = Verified(io.BytesIO(data), version, None, what).read()
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return parse_manifest(data, kind if kind in INDEXES | MANIFESTS else "", what)

    def tags(self) -> list[str]:
        """All tags, as the registry sorts them; none if it has no such repository."""
        call = self.call("GET", "tags/list?n=1000")
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            reply = self.transport.send(call, _MOST_PAGE_BYTES)
            if reply.status == 404:
                return found
            if reply.status != 200:
                raise self.refused(reply, "list the tags of")
            found += self._tags_of(reply)
            following = _NEXT.search(reply.headers.get("Link", ""))
            if following is None:
                return found
            call = Call("GET", resolved(call.url, following[1], f"the list of tags of {self.reference}"), self.scopes)
        raise unreadable(f"the list of tags of {self.reference}", f"it has more than {_MOST_PAGES} pages")

    def _tags_of(self, reply: Reply) -> list[str]:
        try:
            return msgspec.json.decode(reply.body, type=_Tags).tags or []
        except ValueError as error:
            raise unreadable(f"the list of tags of {self.reference}", str(error)) from None

    def has_blob(self, digest: str) -> bool:
        reply = self.transport.send(self.call("HEAD", f"blobs/{digest}"))
        if reply.status in (200, 404):
            return reply.status == 200
        raise self.refused(reply, "see what is in")

    def blob(self, descriptor: Descriptor) -> Readable:
        """The bytes of a blob, unchecked; a broken download goes on where it broke. ImageError, UnavailableError."""
        return Download(self.transport, self.call("GET", f"blobs/{descriptor.digest}"), descriptor, self.refused)

    def call(self, method: str, path: str, headers: dict[str, str] | None = None) -> Call:
        """A request for something of this repository."""
        return Call(method, self.url(path), self.scopes, headers or {})

    def url(self, path: str) -> httpx.URL:
        return self.transport.base.join(f"/v2/{self.reference.repository}/{path}")

    def refused(self, reply: Reply, doing: str) -> HitlessError:
        """`doing` reads like "push to"."""
        notes = self.transport.authority.notes
        return refusal(reply, self.reference.host, f"{doing} {self.reference.repository}", notes)

    def close(self) -> None:
        self.transport.close()
