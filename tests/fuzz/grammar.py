"""Requests as bytes, drawn from a seeded source: valid ones, in the many ways in which HTTP/1.1 can be written."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_METHODS = ("GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
_TARGETS = ("/", "/a", "/a/b?c=d&e=%20+", "//", "/%41%2f%zz", "/~!$&'()*+,;=:@-._", "/?", "/a?/?://", "http://a.b/c?d",
            "http://a.b", "http://a.b?q=/", "/" + "long/" * 20)  # fmt: skip
_FIELDS = ("Accept: */*", "X:", "X:y", "x-a: \t a b\tc ", "X-Latin: caf\xe9 \xff", "!#$%&'*+-.^_`|~09az: v", "A: :",
           'Cookie: a="b"; c=d', "Content-Type: text/plain", "X-Request-Id: given", "X-Request-Id: \x80 bad",
           "Connection: keep-alive", "Connection: x, keep-alive", "Keep-Alive: timeout=5", "Content-Encoding: identity",
           "X-Long: " + "v" * 90, "Expect: 100-continue", "Accept-Encoding: gzip, br", "Te: trailers")  # fmt: skip
_RARE_FIELDS = ("Connection: close", "Connection: CLOSE", "connection: upgrade\r\nUpgrade: h2c", "Upgrade: websocket",
                "Expect: something", "Content-Encoding: gzip", "Connection: close, keep-alive")  # fmt: skip
_BODIES = (b"", b"a", b"hello", b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"GET /in HTTP/1.1\r\nHost: a\r\n\r\n",
           bytes(range(256)), b"\xff" * 30, b"{}")  # fmt: skip
_EXTENSIONS = ("", "", "", ";a", ";a=b", ';a="b c"', ";a=b;c=d")
_TRAILERS = ("", "", "", "X-T: 1\r\n", "X-T: 1\r\nX-U:\r\n")


class Written(NamedTuple):
    """Bytes of a connection, and how many requests they are for certain: None where that is not for us to say."""

    data: bytes
    requests: int | None


def pipeline(source: Random) -> Written:
    """One to four requests, sent without waiting."""
    count = source.choice((1, 1, 1, 2, 2, 3, 4))
    parts = [_request(source) for _ in range(count)]
    plain = all(certain for _, certain in parts)
    return Written(b"".join(data for data, _ in parts), count if plain else None)


def _request(source: Random) -> tuple[bytes, bool]:
    """The bytes, and whether every server must take them and go on."""
    choose, certain = source.choice, True
    lines = [choose(_FIELDS) for _ in range(choose((0, 0, 1, 1, 2, 3)))]
    if source.random() < 0.08:
        certain = False
        lines.append(choose(_RARE_FIELDS))
    body = b""
    framing = choose(("none", "sized", "sized", "chunked"))
    if framing == "sized":
        body = choose(_BODIES)
        lines.append(f"{choose(('Content-Length', 'content-length'))}:{choose(('', ' ', '  '))}{len(body)}")
    elif framing == "chunked":
        body = _chunked(source)
        lines.append(f"{choose(('Transfer-Encoding', 'transfer-encoding'))}: {choose(('chunked', 'Chunked'))}")
    lines.append("Host: a.b")
    source.shuffle(lines)
    version = "1.0" if source.random() < 0.04 else "1.1"
    head = "\r\n".join((f"{choose(_METHODS)} {choose(_TARGETS)} HTTP/{version}", *lines, "", ""))
    return head.encode("latin-1") + body, certain and version == "1.1"


def _chunked(source: Random) -> bytes:
    choose = source.choice
    written = []
    for _ in range(choose((0, 1, 1, 2, 5))):
        data = choose(_BODIES) or b"x"
        size = choose((b"%x", b"%X", b"00%x")) % len(data)
        written.append(b"%b%b\r\n%b\r\n" % (size, choose(_EXTENSIONS).encode(), data))
    return b"%b0\r\n%b\r\n" % (b"".join(written), choose(_TRAILERS).encode())
