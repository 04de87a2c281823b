"""The members of a tar, read forwards, once: headers as every tar writes them (v7, ustar, PAX, GNU); contents.

The standard library's reader takes 60–100 µs a member, this one about 8. Nothing is believed: checksums, sizes and
lengths are looked at, and what is held at once is bounded. What a member means is decided by others.
"""

from __future__ import annotations

import base64
import binascii
import functools
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import BinaryIO

import msgspec

from hitless.images.digest import PIECE
from hitless.images.faults import ImageError, damaged, unreadable

MOST_UNPACKED_BYTES = 1 << 38  # of one tar: what goes on for longer is there to fill a disk

_BLOCK = 512
_MOST_EXTENSION = 1 << 20  # bytes of an extended header: what Go's reader takes
_MOST_SIZE = 1 << 44  # of a file; the largest that ext4 has
_ZEROS = bytes(_BLOCK)


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    CHARACTER = "character device"
    BLOCK = "block device"
    FIFO = "named pipe"


_KINDS = {
    0: Kind.FILE, ord("0"): Kind.FILE, ord("7"): Kind.FILE, ord("S"): Kind.FILE, ord("1"): Kind.HARDLINK,
    ord("2"): Kind.SYMLINK, ord("3"): Kind.CHARACTER, ord("4"): Kind.BLOCK, ord("5"): Kind.FOLDER,
    ord("6"): Kind.FIFO, ord("D"): Kind.FOLDER,
}  # fmt: skip
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK, _SPARSE, _VOLUME = (ord(letter) for letter in "xgLKSV")
_DEVICES = (Kind.CHARACTER, Kind.BLOCK)


class Member(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One member, as written. `size` in bytes; `offset`: where its content begins in the tar.

    `is_sparse`: its content is not what lies there, but a map of holes and what is between them.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: str
    offset: int
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, bytes], ...] = ()
    is_sparse: bool = False


class Content:
    """What is in a member; to be read before the next member is asked for."""

    def __init__(self, members: Members) -> None:
        self._members: Members | None = members

    def read(self, size: int = -1, /) -> bytes:
        if self._members is None:
            return b""
        return self._members.read_content(size)

    def close(self) -> None:
        self._members = None


class Members:
    """Iterate over a tar. It is read to the end of the stream, beyond the end of the archive. ImageError."""

    def __init__(self, stream: BinaryIO, what: str, *, most_bytes: int = MOST_UNPACKED_BYTES) -> None:
        self._stream = stream
        self._what = what
        self._most = most_bytes
        self._position = 0
        self._left = 0  # bytes of the content that were not read yet
        self._path = ""
        self._seekable = stream.seekable()

    def __iter__(self) -> Iterator[Member]:
        padding = 0
        while (member := self._next(padding)) is not None:
            self._path = member.path
            padding = -self._left % _BLOCK
            yield member
            if self._left or self._seekable:
                self._skip(self._left + padding)
                padding = 0
        while data := self._stream.read(PIECE):
            self._pass(len(data))

    def content(self) -> Content:
        """Of the member that came last."""
        return Content(self)

    def read_content(self, size: int) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return self._read(count) if count else b""

    def _next(self, padding: int) -> Member | None:
        """What is behind so many bytes."""
        extensions: dict[str, bytes] = {}
        while True:
            block = self._stream.read(padding + _BLOCK)
            self._pass(len(block))
            if padding:
                if len(block) < padding:
                    raise self._cut_off(repr(self._path[:200]))
                block = block[padding:]
                padding = 0
            if not block or block == _ZEROS:
                return None
            if len(block) < _BLOCK:
                raise self._cut_off("a header")
            self._check_sum(block)
            kind = block[156]
            if kind == _PAX:
                extensions.update(_records(self._extension(block), self._what))
            elif kind in (_LONG_NAME, _LONG_LINK):
                key = "path" if kind == _LONG_NAME else "linkpath"
                extensions[key] = self._extension(block).partition(b"\0")[0]
            elif kind in (_GLOBAL, _VOLUME):
                self._extension(block)  # of no meaning to those who unpack images
            else:
                return self._member(block, kind, extensions)

    def _member(self, block: bytes, letter: int, extensions: Mapping[str, bytes]) -> Member:
        kind = _KINDS.get(letter)
        if kind is None:
            raise unreadable(self._what, f"a member has the unknown type {chr(letter)!r}")
        name = _name(block)
        if letter == 0 and name.endswith(b"/"):
            kind = Kind.FOLDER  # as tars before 1988 wrote it
        try:
            mode, uid, gid = _rights(block[100:124])
            size, mtime = _number(block[124:136]), _time(block[136:148])
            device = (_number(block[329:337]), _number(block[337:345])) if kind in _DEVICES else (0, 0)
            link = block[157:257].partition(b"\0")[0]
            xattrs: tuple[tuple[str, bytes], ...] = ()
            real = _number(block[483:495]) if letter == _SPARSE else None
            if extensions:
                name, link = extensions.get("path", name), extensions.get("linkpath", link)
                uid, gid = int(extensions.get("uid", uid)), int(extensions.get("gid", gid))
                size = int(extensions.get("size", size))
                mtime = _seconds(extensions["mtime"]) if "mtime" in extensions else mtime
                xattrs = _xattrs(extensions)
                name = extensions.get("GNU.sparse.name", name)
                if claimed := extensions.get("GNU.sparse.realsize") or extensions.get("GNU.sparse.size"):
                    real = int(claimed)
        except ValueError as error:
            raise damaged(self._what, f"a header is wrong: {error}") from None
        if letter == _SPARSE:
            self._pass_maps(block[482])
        path = name.decode("utf-8", "surrogateescape")
        for told in (size,) if real is None else (size, real):
            if not 0 <= told <= _MOST_SIZE:
                raise damaged(self._what, f"{path[:200]!r} has a size of {_shown(told)}")
        if (abs(uid) | abs(gid) | abs(mtime)) >> 62:
            raise damaged(self._what, f"{path[:200]!r} has an owner or a time that no system knows")
        self._left = size if kind is Kind.FILE else 0
        return Member(
            path, kind, mode & 0o7777, uid, gid, self._left if real is None else real, mtime,
            link.decode("utf-8", "surrogateescape"), self._position, device, xattrs, real is not None,
        )  # fmt: skip

    def _check_sum(self, block: bytes) -> None:
        try:
            told = _number(block[148:156])
        except ValueError:
            told = -1
        rest = block[:148] + b"        " + block[156:]
        # Adler-32's lower half is one more than the sum of the bytes, modulo 65521 (RFC 1950), and quicker to have.
        if told >= 0 and zlib.adler32(rest) & 0xFFFF == (told + 1) % 65521:
            return
        if sum(rest) != told and sum(byte - (byte >> 7 << 8) for byte in rest) != told:
            raise damaged(self._what, "it is no tar" if self._position == _BLOCK else "a header is damaged")

    def _extension(self, block: bytes) -> bytes:
        try:
            size = _number(block[124:136])
        except ValueError as error:
            raise damaged(self._what, f"a header is wrong: {error}") from None
        if not 0 <= size <= _MOST_EXTENSION:
            raise unreadable(self._what, f"an extended header has {size:,} bytes, and {_MOST_EXTENSION:,} are the most")
        data = self._read(size)
        self._skip(-size % _BLOCK)
        return data

    def _pass_maps(self, more: int) -> None:
        """Past the rest of the map of a sparse file."""
        while more:
            more = self._read(_BLOCK)[504]

    def _read(self, count: int) -> bytes:
        data = self._stream.read(count) if count else b""
        self._pass(len(data))
        if len(data) < count:
            raise self._cut_off(repr(self._path[:200]))
        return data

    def _skip(self, count: int) -> None:
        if self._seekable:
            self._stream.seek(count, 1)
            self._pass(count)
            return
        while count > 0:
            count -= len(self._read(min(count, PIECE)))

    def _pass(self, count: int) -> None:
        self._position += count
        if self._position > self._most:
            raise unreadable(self._what, f"it has more than {self._most:,} bytes, unpacked")

    def _cut_off(self, where: str) -> ImageError:
        return damaged(self._what, f"it ends within {where}")


def _name(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    if block[345] and block[257:265] == b"ustar\x0000":
        return block[345:500].partition(b"\0")[0] + b"/" + name
    return name


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256; ValueError."""
    if field[0] & 0x80:
        return int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip(b" ")
    return int(digits, 8) if digits else 0


@functools.lru_cache(maxsize=256)
def _rights(fields: bytes) -> tuple[int, int, int]:
    """Mode, user and group: most files have those of their neighbours."""
    return _number(fields[:8]), _number(fields[8:16]), _number(fields[16:])


_time = functools.lru_cache(maxsize=256)(_number)


def _records(data: bytes, what: str) -> dict[str, bytes]:
    """The records of an extended header (POSIX pax, `LENGTH KEY=VALUE\\n`)."""
    records: dict[str, bytes] = {}
    start = 0
    while start < len(data):
        digits, blank, _ = data[start : start + 20].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        key, equals, value = data[start + len(digits) + 1 : start + length - 1].partition(b"=")
        if not equals or data[start + length - 1 : start + length] != b"\n":
            raise damaged(what, "an extended header is wrong")
        records[key.decode("utf-8", "surrogateescape")] = value
        start += length
    return {key: value for key, value in records.items() if value}


def _shown(number: int) -> str:
    """Python refuses to write out very long numbers."""
    return f"{number:,}" if abs(number) >> 64 == 0 else "more digits than can be"


def _seconds(value: bytes) -> int:
    """Whole seconds, towards the past."""
    whole, dot, rest = value.partition(b".")
    seconds = int(whole)
    return seconds - 1 if value.startswith(b"-") and dot and rest.strip(b"0") else seconds


def _xattrs(extensions: Mapping[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    found = []
    for key, value in extensions.items():
        if key.startswith("SCHILY.xattr."):
            found.append((key[13:], value))
        elif key.startswith("LIBARCHIVE.xattr."):
            try:
                found.append((key[17:], base64.b64decode(value + b"=" * (-len(value) % 4))))
            except binascii.Error as error:
                raise ValueError(str(error)) from None
    return tuple(sorted(dict(found).items()))
