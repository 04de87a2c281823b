"""The heads of answers, made once a second for each kind (status, media type, connection) and reused."""

from __future__ import annotations

from email.utils import formatdate

from hitless.serving.request import title_of

CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"  # said to HTTP/1.0 only


class Heads:
    """`start` gives everything of a head up to the fields that differ from answer to answer."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[tuple[int, bytes, bytes], bytes] = {}

    def tick(self) -> None:
        """A second has passed: the dates are old. Also bounds the cache."""
        self._made.clear()

    def start(self, status: int, content_type: bytes, connection: bytes) -> bytes:
        """Status line, date, content type (none if empty) and `connection` (a whole line, or empty)."""
        key = (status, content_type, connection)
        made = self._made.get(key)
        if made is None:
            kind = b"content-type: %b\r\n" % content_type if content_type else b""
            line = f"HTTP/1.1 {status} {title_of(status)}\r\ndate: {formatdate(usegmt=True)}\r\n".encode("latin-1")
            made = self._made[key] = line + kind + connection
        return made
