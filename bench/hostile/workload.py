"""An hour's worth of requests of every kind, good and bad, from clients that keep, drop and break their connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

CLIENTS = 32
PATIENCE_S = 60.0
_RESET = struct.pack("ii", 1, 0)


class Kind(NamedTuple):
    """`share` of all requests in per cent; `status` that the answer must have, None: the client leaves in the middle.

    `keeps`: whether the connection is used again.
    """

    name: str
    share: int
    sent: bytes
    status: int | None
    keeps: bool = True


def _request(line: str, *fields: str, body: bytes | None = None) -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: a", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{text}\r\n" for text in lines).encode() + b"\r\n" + (body or b"")


def _json(path: str, value: object, *fields: str) -> bytes:
    return _request(f"POST {path}", "Content-Type: application/json", *fields, body=json.dumps(value).encode())


def _chunked(body: bytes, size: int) -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


_BODY = Random(1).randbytes(30_000)
_OCTETS = "Content-Type: application/octet-stream"
_FORM = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + _BODY + b"\r\n--b--\r\n"
_UPLOAD = _request("POST /raw", _OCTETS, body=_BODY)
_CHUNKS = _request("POST /raw", _OCTETS, "Transfer-Encoding: chunked") + _chunked(_BODY, 1000)
_BROKEN = (
    _request("POST /raw", _OCTETS, "Transfer-Encoding: chunked") + _chunked(_BODY[:5000], 1000)[:-5] + b"no size\r\n"
)
_CROWDED = _request("POST /raw", _OCTETS, "Transfer-Encoding: chunked") + _chunked(_BODY[:2000], 3)

KINDS = (
    Kind("JSON", 26, _json("/typed", {"count": 7}), 200),
    Kind("query", 10, _request("GET /hello?x=1"), 200),
    Kind("new connection", 6, _json("/typed", {"count": 7}, "Connection: close"), 200, keeps=False),
    Kind("form", 8, _request("POST /form", "Content-Type: multipart/form-data; boundary=b", body=_FORM), 200),
    Kind("upload", 5, _UPLOAD, 200),
    Kind("chunked", 8, _CHUNKS, 200),
    Kind("tiny chunks", 1, _CROWDED, 200),
    Kind("stream", 6, _json("/events", {"count": 20}), 200),
    Kind("in a thread", 2, _json("/slow", {"count": 7}), 200),
    Kind("no such path", 6, _request("GET /nowhere"), 404),
    Kind("against the schema", 5, _json("/typed", {"count": "many"}), 422),
    Kind("refused by the model", 4, _json("/fail", {"how": "unfit"}), 422),
    Kind("model fails", 2, _json("/fail", {"how": "broken"}), 500),
    Kind("no HTTP", 2, b"\x16\x03\x01" + _BODY[:300], 400, keeps=False),
    Kind("broken chunk", 1, _BROKEN, 400, keeps=False),
    Kind("aborted upload", 4, _UPLOAD[:20_000], None),
    Kind("aborted chunks", 3, _CHUNKS[:20_000], None),
    Kind("gone before the answer", 1, _json("/slow", {"count": 7}), None),
)


@dataclass
class Done:
    """What the clients have done. A failure is an answer other than the one that must come, or none."""

    requests: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


async def run(port: int, requests: int, seed: int) -> Done:
    """So many requests by all clients together."""
    done, source = Done(), Random(seed)
    kinds = iter(source.choices(KINDS, [kind.share for kind in KINDS], k=requests))
    await asyncio.gather(*(_client(port, kinds, done, seed + index) for index in range(CLIENTS)))
    return done


async def _client(port: int, kinds: Iterator[Kind], done: Done, seed: int) -> None:
    source = Random(seed)
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for kind in kinds:
        try:
            if connection is None or (kind.status == 400):
                _close(connection)
                connection = await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.timeout(PATIENCE_S):
                status = await _ask(*connection, kind)
            if status != kind.status:
                done.failures.append(f"{kind.name}: {status} instead of {kind.status}")
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            done.failures.append(f"{kind.name}: {error!r}")
            _close(connection)
            connection = None
        done.requests[kind.name] += 1
        if connection is not None and (kind.status is None or not kind.keeps):
            _close(connection, reset=kind.status is None and source.random() < 0.5)
            connection = None
    _close(connection)


def _close(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, *, reset: bool = False) -> None:
    if connection is None:
        return
    if reset:
        with contextlib.suppress(OSError):
            connection[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection[1].close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: Kind) -> int | None:
    """The status of the answer, which is read to its end."""
    writer.write(kind.sent)
    if kind.status is None:
        await writer.drain()
        return None
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    return int(head[9:12])
