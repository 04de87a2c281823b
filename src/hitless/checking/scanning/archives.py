"""Archives → their members, as they come. What their headers say is believed as little as can be.

A zip is read by the headers in front of its members, wherever in the file they are: sizes, methods, checksums, flags
and the directory at the end are what a forger changes, and readers differ in what they make of it then.
"""

from __future__ import annotations

from collections.abc import Callable

from hitless.checking.scanning.nesting import Consumer, Nest
from hitless.checking.scanning.unpacking import Unpacked, inflater

MOST_OPEN = 32  # members of a zip that have begun and not ended
_LOCAL = b"PK\x03\x04"
_HEADER = 30
_BLOCK = 512

OpenMember = Callable[[str], Consumer]


class Zip:
    """Every member begins where its header ends, and is given all that follows for as long as it wants it. Each is
    read as if it were stored and as if it were deflated.

    `stored` opens what is to read a member's bytes as they lie here: headers of a zip among them are seen here, too.
    """

    is_over = False

    def __init__(self, member: OpenMember, stored: OpenMember, nest: Nest) -> None:
        self._member = member
        self._stored = stored
        self._nest = nest
        self._data = b""
        self._offset = 0  # of the data in the file
        self._open: list[tuple[int, Consumer]] = []

    def feed(self, piece: bytes) -> None:
        data = self._data + piece if self._data else piece
        at = passed = 0
        while (found := data.find(_LOCAL, at)) >= 0:
            self._pass(data[passed:found])
            passed = found
            header = data[found : found + _HEADER]
            name = int.from_bytes(header[26:28], "little")
            if len(data) < found + _HEADER + name:
                break
            content = found + _HEADER + name + int.from_bytes(header[28:30], "little")
            self._begin(data[found + _HEADER : found + _HEADER + name], self._offset + content - found)
            at = found + 4
        kept = found if found >= 0 else max(len(data) - 3, at)
        self._pass(data[passed:kept])
        self._data = data[kept:]

    def _begin(self, name: bytes, offset: int) -> None:
        self._open = [entry for entry in self._open if not entry[1].is_over]
        if len(self._open) >= MOST_OPEN:
            self._nest.lacks("too many members of the archive are open at once")
            return
        text = name.decode("utf-8", "replace")
        self._open.append((offset, self._stored(text)))
        self._open.append((offset, Unpacked(inflater, self._member(text), self._nest, only_one=True)))

    def _pass(self, data: bytes) -> None:
        for begin, member in self._open:
            if not member.is_over and begin < self._offset + len(data):
                member.feed(data[max(begin - self._offset, 0) :])
        self._offset += len(data)

    def end(self) -> None:
        self._pass(self._data)
        for _, member in self._open:
            member.end()


class Tar:
    """By its headers, one after the other, to the first that is none."""

    def __init__(self, member: OpenMember) -> None:
        self.is_over = False
        self._member = member
        self._data = b""
        self._left = 0  # of a member, and then of what fills its last block
        self._fill = 0
        self._open: Consumer | None = None

    def feed(self, piece: bytes) -> None:
        data = self._data + piece
        at = 0
        while not self.is_over:
            if self._left or self._fill:
                if at >= len(data):
                    break
                at = self._content(data, at)
            elif len(data) - at < _BLOCK:
                break
            else:
                self._begin(data[at : at + _BLOCK])
                at += _BLOCK
        self._data = data[at:]

    def _begin(self, header: bytes) -> None:
        if header[257:262] != b"ustar":
            self.is_over = any(header)
            return
        self._left = _number(header[124:136])
        self._fill = -self._left % _BLOCK
        self._open = self._member(header[:100].rstrip(b"\0").decode("utf-8", "replace"))

    def _content(self, data: bytes, at: int) -> int:
        if self._left:
            taken = min(self._left, len(data) - at)
            self._left -= taken
            if self._open is not None and not self._open.is_over:
                self._open.feed(data[at : at + taken])
        else:
            taken = min(self._fill, len(data) - at)
            self._fill -= taken
        if not self._left and self._open is not None:
            self._open.end()
            self._open = None
        return at + taken

    def end(self) -> None:
        if self._open is not None:
            self._open.end()


def _number(text: bytes) -> int:
    """Octal, or with the first bit set binary."""
    if text[:1] >= b"\x80":
        return int.from_bytes(text[1:], "big")
    digits = text.strip(b" \0")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else 0
