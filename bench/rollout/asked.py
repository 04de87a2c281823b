"""What the clients ask, and the one right answer to each. Pure: a request follows from the seed and its number."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import dataclass
from enum import StrEnum

PARTS = 10  # of a stream, and of a body that is sent slowly
SLOW_S = 1.0  # over which a slow body is sent
SMALL = (20, 600)  # characters
LARGE = (100_000, 200_000)  # bytes
HUGE = (500_000, 1_000_000)
SLOW_BODY = (20_000, 200_000)
SLOW_ANSWER = 600_000  # characters
_LARGE_SHARE, _HUGE_SHARE = 0.05, 0.01
_BLOB = random.Random(7).randbytes(1 << 21)
_TEXT = "".join(random.Random(8).choices("abcdefghijklmnopqrstuvwxyz0123456789 ", k=4096))


class Shape(StrEnum):
    """Of the exchanges of one client."""

    MIXED = "mixed sizes"  # small JSON, and uploads of 100 kB to 1 MB
    SLOW_SEND = "body sent slowly"
    SLOW_READ = "answer read slowly"
    STREAM = "streamed answer"


class Dialect(StrEnum):
    """In which form a server takes the same requests."""

    PLAIN = "plain"  # /echo and /stream take JSON, /upload takes bytes
    JSON = "json"  # as PLAIN, but bytes go to /echo, as text
    COG = "cog"  # as JSON, on a path of its own, in {"input": …} and {"output": "…"}


@dataclass(frozen=True)
class Request:
    """`answer`: the bytes of a stream, or a JSON object, which may have the instance's name besides."""

    number: int
    path: str
    content_type: str
    body: bytes
    answer: dict[str, int | str] | bytes
    shape: Shape
    dialect: Dialect = Dialect.PLAIN

    def head(self, host: str, *, close: bool) -> bytes:
        line = "connection: close\r\n" if close else ""
        return (
            f"POST {self.path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.body)}\r\n{line}\r\n"
        ).encode()

    def is_right(self, body: bytes) -> bool:
        """Whether this is the answer to this very request, to the last byte."""
        if isinstance(self.answer, bytes):
            return body == self.answer
        found = read(body, self.dialect)
        found.pop("instance", None)
        return found == self.answer


def read(body: bytes, dialect: Dialect) -> dict[str, object]:
    """The object in an answer; empty where there is none."""
    try:
        found = json.loads(body)
        if dialect is Dialect.COG:
            found = json.loads(found["output"])
    except (ValueError, TypeError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def question(dialect: Dialect) -> tuple[str, bytes]:
    """A path and a body that any ready server answers with the number 1 and its name."""
    asked = _echo(1, "ready?", 0, Shape.MIXED, dialect)
    return asked.path, asked.body


def request(seed: int, number: int, shape: Shape, dialect: Dialect = Dialect.PLAIN) -> Request:
    """The request of that number."""
    if dialect is not Dialect.PLAIN:
        return _in(dialect, request(seed, number, shape))
    chance = random.Random(seed << 40 | number)
    if shape is Shape.STREAM:
        return _stream(number, _words(chance))
    if shape is Shape.SLOW_READ:
        return _echo(number, _words(chance), SLOW_ANSWER, shape)
    if shape is Shape.SLOW_SEND:
        return _upload(number, _bytes(chance, SLOW_BODY), shape)
    share = chance.random()
    if share < _HUGE_SHARE:
        return _upload(number, _bytes(chance, HUGE), shape)
    if share < _HUGE_SHARE + _LARGE_SHARE:
        return _upload(number, _bytes(chance, LARGE), shape)
    return _echo(number, _words(chance), 0, shape)


def _in(dialect: Dialect, asked: Request) -> Request:
    """The same in a dialect that has JSON only: bytes go as text of about their length."""
    if asked.path == "/upload":
        text = base64.b64encode(asked.body[len(asked.body) // 4 :]).decode()
        return _echo(asked.number, text, 0, asked.shape, dialect)
    fields = json.loads(asked.body)
    return _echo(asked.number, fields["text"], fields["pad"], asked.shape, dialect)


def _echo(number: int, text: str, pad: int, shape: Shape, dialect: Dialect = Dialect.PLAIN) -> Request:
    fields: dict[str, object] = {"number": number, "text": text, "pad": pad}
    body = json.dumps({"input": fields} if dialect is Dialect.COG else fields).encode()
    answer: dict[str, int | str] = {"number": number, "digest": _md5(text.encode()), "pad": "x" * pad}
    path = "/predictions" if dialect is Dialect.COG else "/echo"
    return Request(number, path, "application/json", body, answer, shape, dialect)


def _upload(number: int, data: bytes, shape: Shape) -> Request:
    body = b"%016d" % number + data
    return Request(number, "/upload", "application/octet-stream", body, {"number": number, "digest": _md5(body)}, shape)


def _stream(number: int, text: str) -> Request:
    body = json.dumps({"number": number, "text": text}).encode()
    lines = "".join(f"{number} {part}\n" for part in range(PARTS))
    answer = (lines + _md5(text.encode())).encode()
    return Request(number, "/stream", "application/json", body, answer, Shape.STREAM)


def _words(chance: random.Random) -> str:
    length = chance.randint(*SMALL)
    start = chance.randrange(len(_TEXT) - length)
    return _TEXT[start : start + length]


def _bytes(chance: random.Random, sizes: tuple[int, int]) -> bytes:
    length = chance.randint(*sizes)
    start = chance.randrange(len(_BLOB) - length)
    return _BLOB[start : start + length]


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
