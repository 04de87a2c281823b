"""Judges the head of a request (RFC 9112): version, host, length, codings, expectations. Pure; raises Rejected.

llhttp has refused malformed syntax, conflicting and repeated lengths before a head gets here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hitless.serving.exchange import Exchange
from hitless.serving.request import Rejected

_REQUEST_ID = re.compile(rb"[\w.:/+=@-]{1,128}", re.ASCII)


class Framing(NamedTuple):
    """What the connection needs to know of a head. `length` is None for a chunked body."""

    length: int | None
    expects_continue: bool


def read_head(exchange: Exchange, version: str) -> Framing:
    """Fill in the exchange from its headers; what is wrong becomes `exchange.rejection`, the first fault only."""
    exchange.version = version
    length: int | None = 0
    hosts, expect = 0, b""
    for name, value in exchange.headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-type":
            exchange.content_type = value
        elif name == b"content-length":
            length = int(value)
        elif name == b"x-request-id":
            if _REQUEST_ID.fullmatch(value):
                exchange.request_id = value
        elif name == b"transfer-encoding":
            length = None
            codings = [coding.strip() for coding in value.lower().split(b",")]
            if codings[-1] != b"chunked":
                _reject(exchange, 400, "The last Transfer-Encoding is not chunked (RFC 9112, section 6.3).")
            elif len(codings) > 1:
                _reject(exchange, 501, f"Transfer-Encoding {value.decode('latin-1')!r}: only chunked is understood.")
        elif name == b"content-encoding":
            if value.strip().lower() not in (b"", b"identity"):
                _reject(exchange, 415, "Content-Encoding is not supported: send the body as it is.")
        elif name == b"expect":
            expect = value.strip().lower()
    if version not in ("1.1", "1.0"):
        _reject(exchange, 505, f"HTTP/{version} is not spoken here: use HTTP/1.1.")
    elif hosts > 1 or (version == "1.1" and not hosts):
        _reject(exchange, 400, "A request has exactly one Host header (RFC 9112, section 3.2).")
    elif version == "1.1":
        if expect and expect != b"100-continue":
            _reject(exchange, 417, "The only expectation that is understood is 100-continue.")
    elif length is None:
        _reject(exchange, 400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112, section 6.1).")
    return Framing(length, expect == b"100-continue" and version == "1.1")


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """Request target → (path, query): origin form, or absolute form as proxies send it (RFC 9112, section 3.2)."""
    if not target.startswith(b"/") and b"://" in target:
        authority, slash, rest = target.partition(b"://")[2].partition(b"/")
        _host, question, query = authority.partition(b"?")  # no path: what follows the ? is the query, slashes and all
        target = b"/?" + query + slash + rest if question else b"/" + rest
    path, _, query = target.partition(b"?")
    return path, query


def _reject(exchange: Exchange, status: int, detail: str) -> None:
    if exchange.rejection is None:
        exchange.rejection = Rejected(status, detail)
