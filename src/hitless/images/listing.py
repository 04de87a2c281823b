"""Listings: the members of a layer's tar as values, with the first bytes of the few files that are asked about.

One is made while a layer goes by anyway, is known by the layer's diff_id, and is read in the place of its bytes. What
was not kept is read from the layer: the answers are the same with a listing and without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol, cast

import msgspec

from hitless.images.digest import PIECE, Readable
from hitless.images.faults import damaged
from hitless.images.layer import Layer
from hitless.images.members import MOST_UNPACKED_BYTES, Kind, Member, Members
from hitless.images.pieces import Pieces

REVISION = 1  # of what is kept; raised with it
HEAD = 64  # bytes of each program: they tell what it is
MOST_WHOLE = 1 << 18  # bytes of a file that is kept whole
MOST_KEPT = 8 << 20  # bytes of one layer; nothing is kept of what comes after them
_WHOLE = frozenset({"config.json", "run.sh", "passwd", "group"})  # last names of what is asked about in every image


class Listing(msgspec.Struct, frozen=True, array_like=True):
    """All members in their order; `starts`: what is kept of their bytes, by their numbers, from 0."""

    members: tuple[Member, ...]
    starts: dict[int, bytes]


class Listings(Protocol):
    """Where listings are kept, by diff_id: those of layers of which every byte was read or made here."""

    def find(self, diff_id: str) -> Listing | None: ...

    def keep(self, diff_id: str, listing: Listing) -> None: ...


class MembersOf(Protocol):
    """The members of one tar, once. `content`: of the member that came last; asked for once."""

    def __iter__(self) -> Iterator[Member]: ...

    def content(self) -> Readable: ...


class Begun:
    """A stream of which the first bytes are known already; `rest` opens what follows them, when it is needed."""

    def __init__(self, start: bytes, rest: Callable[[], Readable]) -> None:
        self._start = start
        self._open_rest = rest
        self._rest: Readable | None = None
        self._is_closed = False

    def read(self, size: int = -1, /) -> bytes:
        if self._is_closed:
            return b""
        if 0 <= size <= len(self._start):
            data, self._start = self._start[:size], self._start[size:]
            return data
        if self._rest is None:
            self._rest = self._open_rest()
        data, self._start = self._start, b""
        return data + self._rest.read(size if size < 0 else size - len(data))

    def close(self) -> None:
        self._is_closed = True
        if self._rest is not None:
            self._rest.close()


class Nothing:
    """An empty stream."""

    def read(self, _: int = -1, /) -> bytes:
        return b""

    def close(self) -> None:
        """It holds nothing."""


class Lister:
    """Members as they are read; once all have gone by, `listing` is what was seen of them."""

    def __init__(self, members: Members) -> None:
        self.listing: Listing | None = None
        self._members = members
        self._start = b""

    def __iter__(self) -> Iterator[Member]:
        members: list[Member] = []
        starts: dict[int, bytes] = {}
        budget = MOST_KEPT
        for number, member in enumerate(self._members):
            count = _worth_keeping(member)
            self._start = self._members.read_content(count) if 0 < count <= budget else b""
            if self._start:
                starts[number] = self._start
                budget -= count
            members.append(member)
            yield member
        self.listing = Listing(tuple(members), starts)

    def content(self) -> Readable:
        return Begun(self._start, self._members.content)


def _worth_keeping(member: Member) -> int:
    """How many bytes of it, from the first."""
    if member.kind is not Kind.FILE or member.is_sparse:
        return 0
    if member.size <= MOST_WHOLE and member.path.rpartition("/")[2] in _WHOLE:
        return member.size
    return min(member.size, HEAD) if member.mode & 0o111 else 0


class Listed:
    """The members of a layer by its listing. The layer is opened where bytes are asked for that were not kept, and is
    read once at most."""

    def __init__(self, listing: Listing, layer: Layer, *, most_bytes: int = MOST_UNPACKED_BYTES) -> None:
        self._listing = listing
        self._layer = layer
        self._most = most_bytes
        self._number = -1
        self._tar: BinaryIO | None = None

    def __iter__(self) -> Iterator[Member]:
        for self._number, member in enumerate(self._listing.members):  # noqa: B020 - content() asks where it is
            yield member

    def content(self) -> Readable:
        member = self._listing.members[self._number]
        start = self._listing.starts.get(self._number, b"")
        is_whole = member.kind is not Kind.FILE or (len(start) == member.size and not member.is_sparse)
        return Begun(start, Nothing if is_whole else lambda: self._after(len(start)))

    def _after(self, count: int) -> Readable:
        """The content of the member behind its first bytes."""
        what = f"the layer {self._layer.descriptor.digest}"
        if self._tar is None:
            self._tar = self._layer.tar()
            self._members = Members(self._tar, what, most_bytes=self._most)
            self._numbered = enumerate(self._members)
        for number, _ in self._numbered:
            if number == self._number:
                self._members.read_content(count)
                return self._members.content()
        raise damaged(what, "it has fewer members than it had")

    def close(self) -> None:
        if self._tar is not None:
            self._tar.close()


class ListedPieces:
    """The pieces of a tar, passed on while they are listed; `listing` is there once all have gone by."""

    def __init__(self, pieces: Iterable[bytes], what: str) -> None:
        self.listing: Listing | None = None
        self._pieces = pieces
        self._what = what

    def __iter__(self) -> Iterator[bytes]:
        stream = _Followed(self._pieces)
        lister = Lister(Members(cast(BinaryIO, stream), self._what))
        for _ in lister:
            yield stream.passed()
            content = lister.content()
            while content.read(PIECE):
                yield stream.passed()
        yield stream.passed()
        self.listing = lister.listing


class _Followed:
    """Pieces, read as from a file; `passed`: what was read since it was asked last."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = Pieces.of(pieces)
        self._passed: list[bytes] = []

    def read(self, size: int) -> bytes:
        data = self._pieces.read(size)
        while len(data) < size and (more := self._pieces.read(size - len(data))):
            data += more
        self._passed.append(data)
        return data

    def seekable(self) -> bool:
        return False

    def passed(self) -> bytes:
        data = b"".join(self._passed)
        self._passed.clear()
        return data
