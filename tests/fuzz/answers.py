"""What a server wrote on one connection → answers, read strictly: a frame each, nothing between, nothing after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n((?:[a-z0-9-]+: [^\r\n]*\r\n)*)\r\n")
_CHUNK = re.compile(rb"([0-9a-f]+)\r\n")


class Answer(NamedTuple):
    status: int
    fields: dict[bytes, bytes]
    body: bytes

    @property
    def keeps(self) -> bool:
        return self.fields.get(b"connection") != b"close"


def read(data: bytes, methods: Sequence[bytes]) -> Iterator[Answer]:
    """The final answers to requests with these methods; AssertionError for what is no answer.

    An interim answer (100 Continue) may come before any.
    """
    at, asked = 0, iter(methods)
    while at < len(data):
        head = _HEAD.match(data, at)
        assert head, f"no answer: {data[at : at + 200]!r}"
        at, status = head.end(), int(head[1])
        if status == 100:
            assert not head[2]
            continue
        fields = dict(line.split(b": ", 1) for line in head[2].split(b"\r\n") if line)
        method = next(asked, None)
        assert method is not None, f"answered, but not asked: {head[0]!r}"
        body, at = (b"", at) if method == b"HEAD" else _body(data, at, fields)
        yield Answer(status, fields, body)


def _body(data: bytes, at: int, fields: dict[bytes, bytes]) -> tuple[bytes, int]:
    """The body that starts there, and where it ends."""
    if b"content-length" in fields:
        assert b"transfer-encoding" not in fields
        end = at + int(fields[b"content-length"])
        assert end <= len(data), "an answer that is cut short"
        return data[at:end], end
    if b"transfer-encoding" not in fields:
        assert fields.get(b"connection") == b"close", "a body without a frame ends with its connection"
        return data[at:], len(data)
    body = b""
    while True:
        size = _CHUNK.match(data, at)
        assert size, f"no chunk: {data[at : at + 40]!r}"
        start, end = size.end(), size.end() + int(size[1], 16)
        assert data[end : end + 2] == b"\r\n"
        body, at = body + data[start:end], end + 2
        if start == end:
            return body, at
