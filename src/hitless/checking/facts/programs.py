"""Where a program is found on a PATH within a file system, as execvp(3) of a non-login shell would. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hitless.images.filesystem import Filesystem
from hitless.images.members import Kind

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # where an image says nothing
_MOST_FOLDERS = 100


def folders_of(path: str) -> list[str]:
    """Absolute folders only: what relative ones mean depends on where one is."""
    return [folder.rstrip("/") for folder in path.split(":") if folder.startswith("/")][:_MOST_FOLDERS]


def find_program(files: Filesystem, path: str, name: str) -> str:
    """The absolute path as it would be tried, links not resolved; empty where there is none that can be executed."""
    return next(_found(files, path, name), "")


def _found(files: Filesystem, path: str, name: str) -> Iterator[str]:
    for folder in folders_of(path):
        node = files.find(f"{folder}/{name}")
        if node is not None and node.kind is Kind.FILE and node.mode & 0o111:
            yield f"{folder}/{name}"
