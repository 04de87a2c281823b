"""Entries → the bytes of a tar archive, the same bytes for the same entries on every machine.

Sorted by path, whole seconds, numeric owners without names, PAX only where a path or a size needs it.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

from hitless.images.digest import PIECE, Readable

EPOCH = 315_532_801  # 1980-01-01T00:00:01Z: zip knows nothing earlier
FILE, PROGRAM, FOLDER = 0o644, 0o755, 0o755

_BLOCK = 512
_END = bytes(2 * _BLOCK)


@dataclass(frozen=True)
class Entry:
    """One file, folder or link of a layer. `path` is relative, with /; `open` gives exactly `size` bytes."""

    path: str
    mode: int = FILE
    size: int = 0
    open: Callable[[], Readable] | None = None
    link: str = ""  # a symbolic link to this
    is_folder: bool = False
    uid: int = 0
    gid: int = 0
    mtime: int = EPOCH


def of_bytes(path: str, data: bytes, mode: int = FILE, *, uid: int = 0, gid: int = 0) -> Entry:
    """A file with this content."""
    return Entry(path, mode, len(data), lambda: io.BytesIO(data), uid=uid, gid=gid)


def tar_pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive, piece by piece. ValueError for two entries of one path, and for a file that has changed in size."""
    ordered = sorted(entries, key=lambda entry: entry.path.encode())
    for entry, following in pairwise(ordered):
        if entry.path == following.path:
            raise ValueError(f"two entries for {entry.path}")
    for entry in ordered:
        yield _header(entry)
        if entry.open is not None:
            yield from _content(entry, entry.open)
    yield _END


def _header(entry: Entry) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.mode, info.mtime = entry.mode & 0o7777, entry.mtime
    info.uid, info.gid, info.uname, info.gname = entry.uid, entry.gid, "", ""
    if entry.is_folder:
        info.type = tarfile.DIRTYPE
    elif entry.link:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
    else:
        info.size = entry.size
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _content(entry: Entry, opened: Callable[[], Readable]) -> Iterator[bytes]:
    left = entry.size
    with closing(opened()) as file:
        while left:
            data = file.read(min(left, PIECE))
            if not data:
                raise ValueError(f"{entry.path} has become shorter while it was read")
            left -= len(data)
            yield data
        if file.read(1):
            raise ValueError(f"{entry.path} has become longer while it was read")
    if padding := -entry.size % _BLOCK:
        yield bytes(padding)
