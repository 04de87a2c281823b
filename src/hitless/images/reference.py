"""Names of images: `registry/repository:tag@digest`, as docker and the distribution-spec write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hitless.images.digest import SHA256
from hitless.images.faults import ImageError

DOCKER_HUB = "docker.io"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_MOST_CHARACTERS = 255


@dataclass(frozen=True)
class Reference:
    """Where an image is. One of `tag` and `digest` is set, or both: then the digest counts."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def version(self) -> str:
        """What the registry is asked for."""
        return self.digest or self.tag

    def at(self, digest: str) -> Reference:
        """The same repository, that content."""
        return Reference(self.host, self.repository, self.tag, digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"


def parse_reference(text: str) -> Reference:
    """`python`, `127.0.0.1:5000/team/app:v1`, `host/app@sha256:…`; without a tag it is `latest`. ImageError."""
    rest, _, digest = text.partition("@")
    if "@" in text and not SHA256.fullmatch(digest):
        raise _wrong(text, f"{digest[:80]!r} is no sha256 digest")
    host, slash, path = rest.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = DOCKER_HUB, rest
    path, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise _wrong(text, f"{tag[:80]!r} is no tag")
    if host == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    if not _HOST.fullmatch(host):
        raise _wrong(text, f"{host[:80]!r} is no host")
    if len(path) > _MOST_CHARACTERS or not _REPOSITORY.fullmatch(path):
        raise _wrong(text, f"{path[:80]!r} is no repository (small letters, digits, and . _ - between them)")
    return Reference(host, path, tag or ("" if digest else "latest"), digest)


def _wrong(text: str, reason: str) -> ImageError:
    return ImageError("IMG-3", f"{text[:200]!r} names no image: {reason}", "Write it like 127.0.0.1:5000/team/app:v1.")
