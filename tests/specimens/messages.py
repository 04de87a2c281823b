"""Requests and replies of the small server, as bytes, and what its faults do to them. The standard library only."""

from __future__ import annotations

import asyncio
import json
import sys

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
WORDS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large"}
_IN_PARTS = ("good-chunked", "cuts-answers", "cuts-while-leaving")


class Refusal(Exception):  # noqa: N818
    """A request that is answered with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Head:
    """The first lines of a request; ValueError where they are none."""

    def __init__(self, data: bytes) -> None:
        first, *lines = data.decode("latin-1").strip().split("\r\n")
        self.method, self.target, self.version = first.split(" ")
        self.path = self.target.partition("?")[0]
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}

    @property
    def ends_connection(self) -> bool:
        return self.version == "HTTP/1.0" or self.headers.get("connection", "").lower() == "close"


async def chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


async def skip(reader: asyncio.StreamReader, length: int) -> None:
    while length > 0 and (piece := await reader.read(min(length, 1 << 16))):
        length -= len(piece)


def reply(status: int, value: object, *, close: bool, head: Head | None = None) -> bytes:
    body = json.dumps(value).encode()
    if FAULT == "good-plain-health" and head and head.path == "/health" and status == 200:
        body = b""
    kind = "text/html" if FAULT == "wrong-type" and head and head.path == "/" else "application/json"
    version = "HTTP/1.0" if FAULT == "http-1.0" else "HTTP/1.1"
    if FAULT == "no-json" and status == 200 and head and head.path == "/":
        body = b"five"
    lines = [f"{version} {status} {WORDS.get(status, 'Error')}", f"Content-Type: {kind}"]
    if FAULT == "no-type":
        lines.pop()
    is_chunked = FAULT == "good-chunked" and body and head is not None and head.version == "HTTP/1.1"
    lines.append("Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}")
    if status == 405:
        lines.append("Allow: POST" if head and head.path == "/" else "Allow: GET")
    if FAULT == "promises-little" and not close:
        lines.append("Keep-Alive: timeout=1")
    if FAULT != "http-1.0":
        lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    if is_chunked:
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:]) if part) + b"0\r\n\r\n"
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head and head.method == "HEAD" else body)


def pieces(data: bytes) -> list[bytes]:
    """One that streams sends a reply in parts."""
    return [data[:-5], data[-5:]] if FAULT in _IN_PARTS else [data]
