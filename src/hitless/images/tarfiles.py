"""The files in a tar, each to be opened at any time, without unpacking one: for archives of images.

A packed tar is unpacked into a nameless temporary file first, up to a limit. Nothing in a tar can name a file outside.
"""

from __future__ import annotations

import errno
import os
import posixpath
import tempfile
import weakref
from pathlib import Path

from hitless.errors import UnavailableError
from hitless.images.changes import safe_path
from hitless.images.digest import PIECE, Readable
from hitless.images.faults import ImageError, damaged, unreadable
from hitless.images.media import Compression
from hitless.images.members import Kind, Member, Members
from hitless.images.packing import Unpacked

MOST_SPOOLED_BYTES = 1 << 36
_MOST_MEMBERS = 20_000
_MOST_LINKS = 40
_MAGIC = {b"\x1f\x8b": Compression.GZIP, b"\x28\xb5\x2f\xfd": Compression.ZSTD}


def compression_by_head(head: bytes) -> Compression:
    """How something that begins like this is packed."""
    return next((packed for magic, packed in _MAGIC.items() if head.startswith(magic)), Compression.NONE)


class TarFiles:
    """Read-only, for any number of threads. ImageError for a tar that is damaged, ambiguous or hostile."""

    def __init__(self, file: Path, *, most_bytes: int = MOST_SPOOLED_BYTES) -> None:
        self.what = f"the archive {file}"
        self._descriptor = _opened(file, self.what, most_bytes)
        weakref.finalize(self, os.close, self._descriptor)
        self._places: dict[str, tuple[int, int]] = {}  # offset and size
        self._links: dict[str, str] = {}
        self._read_index()

    def _read_index(self) -> None:
        end = os.fstat(self._descriptor).st_size
        with os.fdopen(os.dup(self._descriptor), "rb") as tar:
            tar.seek(0)
            for count, member in enumerate(Members(tar, self.what)):
                if count >= _MOST_MEMBERS:
                    raise unreadable(self.what, f"it has more than {_MOST_MEMBERS:,} members")
                if member.offset + member.size > end and not member.is_sparse:
                    raise damaged(self.what, f"it ends within {member.path[:200]!r}")
                self._add(member)

    def _add(self, member: Member) -> None:
        if member.path.startswith("/"):
            raise unreadable(self.what, f"the path {member.path[:200]!r} is absolute")
        path = safe_path(member.path, self.what)
        if member.kind is Kind.FOLDER:
            return
        if path in self:
            raise unreadable(self.what, f"it has two members {path[:200]!r}")
        if member.kind in (Kind.SYMLINK, Kind.HARDLINK):
            self._links[path] = self._target(path, member)
        elif member.kind is Kind.FILE and not member.is_sparse:
            self._places[path] = (member.offset, member.size)
        else:
            raise unreadable(self.what, f"{path[:200]!r} is a {member.kind}")

    def _target(self, path: str, member: Member) -> str:
        """Old docker writes a layer that is there twice as a link."""
        start = posixpath.dirname(path) if member.kind is Kind.SYMLINK else ""
        target = posixpath.normpath(posixpath.join(start, member.link))
        if target.startswith("/") or target.split("/")[0] == "..":
            raise unreadable(self.what, f"the link {path[:200]!r} leads out of it")
        return target

    def __contains__(self, path: str) -> bool:
        return path in self._places or path in self._links

    def size(self, path: str) -> int:
        """In bytes; OSError for what is not there."""
        return self._place(path)[1]

    def open(self, path: str) -> Readable:
        return _Window(self, self._descriptor, *self._place(path))

    def _place(self, path: str) -> tuple[int, int]:
        for _ in range(_MOST_LINKS):
            if path in self._places:
                return self._places[path]
            if path not in self._links:
                raise FileNotFoundError(errno.ENOENT, "it is not in there", path)
            path = self._links[path]
        raise OSError(errno.ELOOP, "its links go round", path)


class _Window:
    """A part of a file, with a position of its own. Keeps the file open."""

    def __init__(self, owner: TarFiles, descriptor: int, offset: int, size: int) -> None:
        self._owner: TarFiles | None = owner
        self._descriptor = descriptor
        self._offset = offset
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        if self._owner is None:
            raise ValueError("it is closed")
        data = os.pread(self._descriptor, self._left if size < 0 else min(size, self._left), self._offset)
        self._offset += len(data)
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._owner = None


def _opened(file: Path, what: str, most_bytes: int) -> int:
    """A descriptor of the tar, unpacked."""
    try:
        with file.open("rb") as packed:
            compression = compression_by_head(packed.read(4))
            packed.seek(0)
            if compression is Compression.NONE:
                return os.dup(packed.fileno())
            with tempfile.TemporaryFile() as spool:
                source = Unpacked(packed, compression, what)
                while data := source.read(PIECE):
                    if spool.tell() + len(data) > most_bytes:
                        raise unreadable(what, f"it has more than {most_bytes:,} bytes, unpacked")
                    spool.write(data)
                spool.flush()
                return os.dup(spool.fileno())
    except FileNotFoundError:
        raise ImageError("IMG-20", f"{what} is not there", "Name a file that docker, podman or we saved.") from None
    except OSError as error:
        raise UnavailableError(f"{what} cannot be read: {error.strerror}") from error
