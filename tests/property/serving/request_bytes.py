"""Strategies: requests as values, written in any of the ways in which HTTP/1.1 can say them; and mutations of them."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st
from tests.property.serving.in_memory import Understood

# Samples rather than letters: an example costs a tenth, so ten times as many are tried.
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
PATHS = st.sampled_from(
    ["/", "/a", "/a/b.c", "//", "/%41%2f", "/%zz", "/~!$&'()*+,;=:@-._", "/" + "long" * 12, "/a://b", "/:"]
)
QUERIES = st.sampled_from(["", "", "a=b", "a=b&c=%20+", "/?", "x=http://a/b?c", "%", "&&=", "q" * 40])
FIELDS = st.lists(
    st.sampled_from([
        ("Accept", "*/*"), ("X", ""), ("x-a", "a b\tc"), ("X-A", "other case"), ("!#$%&'*+-.^_`|~09az", "every letter"),
        ("Cookie", 'a="b"; c=d'), ("X-Latin", "caf\xe9 \xff\xa0"), ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length-X", "5"), ("X-Transfer-Encoding", "chunked"), ("X-Long", "v" * 50), ("A", ":"), ("Hosts", "a"),
        ("X-Request-Id", "given"), ("Content-MD5", "Q2hlY2s="), ("Keep-Alive", "timeout=5"),
    ]),
    max_size=3,
)  # fmt: skip
BLANKS = st.sampled_from(["", " ", "\t", " \t "])
BODIES = st.sampled_from([
    b"", b"a", b"hello", b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    bytes(range(60)), b"\xff" * 30,
])  # fmt: skip
EXTENSIONS = st.sampled_from(["", "", ";a", ";a=b", ';a="b c"', ";a=b;c=d"])
SIZES = st.sampled_from(["{:x}", "{:X}", "00{:x}"])


class Chunk(NamedTuple):
    data: bytes
    size: str  # as it is written
    extension: str


class Sent(NamedTuple):
    """A request and the way in which it is written. `chunks` None: sized if there is a body, or if `sized`."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    blanks: tuple[str, str]  # around each header's value; llhttp refuses a tab after "chunked", which nobody sends
    body: bytes
    chunks: tuple[Chunk, ...] | None
    trailers: tuple[tuple[str, str], ...]
    closes: bool
    absolute: bool

    def bytes(self) -> bytes:
        target = self.path + ("?" + self.query if self.query else "")
        if self.absolute:
            target = "http://example.com" + target
        lines = [f"{self.method} {target} HTTP/1.1"]
        lines += [f"{name}:{self.blanks[0]}{value}{self.blanks[1]}" for name, value in self.headers]
        head = "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"
        if self.chunks is None:
            return head + self.body
        return head + b"".join(map(_written, self.chunks)) + b"0\r\n" + _fields(self.trailers) + b"\r\n"

    def understood(self) -> Understood:
        """What a server is to make of it."""
        headers = tuple((name.lower(), value) for name, value in self.headers)
        return Understood(self.method, self.path, self.query, headers, self.body.decode("latin-1"))


def _written(chunk: Chunk) -> bytes:
    return f"{chunk.size}{chunk.extension}\r\n".encode() + chunk.data + b"\r\n"


def _fields(fields: tuple[tuple[str, str], ...]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in fields)


@st.composite
def chunks_of(draw: st.DrawFn, body: bytes) -> tuple[Chunk, ...]:
    size, extension = draw(st.integers(1, 20)), draw(EXTENSIONS)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return tuple(Chunk(piece, draw(SIZES).format(len(piece)), extension) for piece in pieces)


@st.composite
def requests(draw: st.DrawFn, *, last: bool = False) -> Sent:
    """One valid request; only the `last` of a connection may close it."""
    body, headers = draw(BODIES), draw(FIELDS)
    chunks: tuple[Chunk, ...] | None = None
    trailers: tuple[tuple[str, str], ...] = ()
    closes = last and draw(st.booleans())
    framing = draw(st.sampled_from(["sized", "chunked", "none"]))
    if framing == "chunked":
        chunks, trailers = draw(chunks_of(body)), tuple(draw(FIELDS))
        headers.append(("Transfer-Encoding", draw(st.sampled_from(["chunked", "Chunked"]))))
    elif framing == "sized":
        headers.append((draw(st.sampled_from(["Content-Length", "content-length"])), str(len(body))))
    else:
        body = b""
    if closes:
        headers.append(("Connection", draw(st.sampled_from(["close", "Close"]))))
    headers.append(("Host", "example.com"))
    return Sent(
        method=draw(METHODS),
        path=draw(PATHS),
        query=draw(QUERIES),
        headers=tuple(draw(st.permutations(headers))),
        blanks=(draw(BLANKS), draw(BLANKS).replace("\t", " " if chunks is not None else "\t")),
        body=body,
        chunks=chunks,
        trailers=trailers,
        closes=closes,
        absolute=draw(st.booleans()),
    )


@st.composite
def pipelines(draw: st.DrawFn, most: int = 4) -> list[Sent]:
    """Requests that are sent on one connection without waiting."""
    return [*draw(st.lists(requests(), max_size=most - 1)), draw(requests(last=True))]


def written(pipeline: list[Sent]) -> bytes:
    return b"".join(sent.bytes() for sent in pipeline)


# What attackers and broken clients make of requests: pieces put in, taken out, doubled.
HOSTILE = st.sampled_from([
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"\x80", b"\xff", b"0", b"-1", b"+",
    b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x\r\n",
    b"transfer-encoding:\tchunked \r\n", b"Host: other\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: h2c\r\n", b"Expect: 100-continue\r\n", b"HTTP/1.0", b"HTTP/2.0", b"GET / HTTP/1.1\r\n", b"CONNECT ",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"ffffffffffffffff\r\n", b" folded\r\n", b"http://x", b"\x16\x03\x01",
    b"PRI * HTTP/2.0", b"0x",
])  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A pipeline with up to four wounds."""
    data = written(draw(pipelines(most=3)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 10])))))
        piece = draw(st.one_of(HOSTILE, st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + piece + data[end:]
    return data


CUTS = st.lists(st.integers(1, 400), max_size=8)
