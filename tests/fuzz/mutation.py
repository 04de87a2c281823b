"""Wounds: what attackers, broken clients and broken networks make of the bytes of a connection."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

LONGEST = 4096

_TOKENS = (
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"\r\r\n", b"\0", b" ", b"\t", b"\x0b", b":", b";", b",", b'"', b"\\",
    b"\x7f", b"\x80", b"\xff", b"0", b"-1", b"+", b"0x", b"_", b"1" * 25, b"f" * 16, b"f" * 17, b"80000000",
    b"18446744073709551616", b"GET ", b"CONNECT a:1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" HTTP/1.1", b" HTTP/1.0",
    b" HTTP/2.0", b" HTTP/0.9", b"HTTP/1.1 200 OK\r\n", b"* ", b"http://x", b"//", b"#", b"%", b"\x16\x03\x01\x02\0",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"chunked", b"close", b"keep-alive",
)  # fmt: skip
_LINES = (
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 5, 5", b"Content-Length: +5", b"Content-Length: 05",
    b"Content-Length:", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length : 5",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: identity", b"Transfer-Encoding:", b"Transfer-Encoding: ,",
    b"Transfer-Encoding : chunked", b"transfer-encoding:\tchunked ", b"Transfer-Encoding: xchunked", b"Host: other",
    b"Host:", b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade", b"Connection: ,close",
    b"Upgrade: h2c", b"Expect: 100-continue", b"Expect: 200-ok", b" folded", b"\tfolded: x", b": no name", b"no colon",
    b"sp ace: x", b"X: a\0b", b"X: a\rb", b"X\x80: y", b"Content-Encoding: br", b"Proxy-Connection: close",
)  # fmt: skip

Mutation = Callable[[Random, bytes, bytes], bytes]


def _insert_token(source: Random, data: bytes, other: bytes) -> bytes:
    at = source.randrange(len(data) + 1)
    return data[:at] + source.choice(_TOKENS) + data[at:]


def _insert_line(source: Random, data: bytes, other: bytes) -> bytes:
    """After some line of the text, where a header most likely is."""
    at = data.find(b"\n", source.randrange(len(data) + 1)) + 1
    return data[:at] + source.choice(_LINES) + b"\r\n" + data[at:]


def _delete(source: Random, data: bytes, other: bytes) -> bytes:
    at, end = _span(source, data)
    return data[:at] + data[end:]


def _double(source: Random, data: bytes, other: bytes) -> bytes:
    at, end = _span(source, data)
    return data[:end] + data[at:end] * source.choice((1, 1, 2, 8)) + data[end:]


def _change_byte(source: Random, data: bytes, other: bytes) -> bytes:
    at = source.randrange(len(data) + 1)
    return data[:at] + bytes((source.randrange(256),)) + data[at + 1 :]


def _flip_bit(source: Random, data: bytes, other: bytes) -> bytes:
    at = source.randrange(len(data) + 1)
    byte = data[at : at + 1] or b"\0"
    return data[:at] + bytes((byte[0] ^ (1 << source.randrange(8)),)) + data[at + 1 :]


def _change_line_end(source: Random, data: bytes, other: bytes) -> bytes:
    at = data.find(b"\r\n", source.randrange(len(data) + 1))
    return data if at < 0 else data[:at] + source.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n")) + data[at + 2 :]


def _splice(source: Random, data: bytes, other: bytes) -> bytes:
    return data[: source.randrange(len(data) + 1)] + other[source.randrange(len(other) + 1) :]


def _move(source: Random, data: bytes, other: bytes) -> bytes:
    at, end = _span(source, data)
    rest, to = data[:at] + data[end:], source.randrange(len(data) + 1)
    return rest[:to] + data[at:end] + rest[to:]


def _cut_short(source: Random, data: bytes, other: bytes) -> bytes:
    return data[: source.randrange(len(data) + 1)]


_MUTATIONS: tuple[Mutation, ...] = (
    _insert_token, _insert_token, _insert_line, _insert_line, _delete, _double, _change_byte, _flip_bit,
    _change_line_end, _splice, _move, _cut_short,
)  # fmt: skip


def _span(source: Random, data: bytes) -> tuple[int, int]:
    at = source.randrange(len(data) + 1)
    return at, min(len(data), at + source.choice((1, 1, 2, 4, 10, 40)))


def mutated(source: Random, data: bytes, other: bytes) -> bytes:
    """The data with one to five wounds; `other` is what may be spliced in. At most `LONGEST` bytes."""
    for _ in range(source.choice((1, 1, 1, 2, 3, 5))):
        data = source.choice(_MUTATIONS)(source, data, other)
    return data[:LONGEST]
