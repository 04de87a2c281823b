"""The differences between our reading of HTTP/1.1 and h11's that are known and harmless: each with why, and an example.

Harmless is: a side refuses what no client needs, and says so; nothing is ever understood in two ways.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WE_REFUSE, WE_WAIT = "only we refuse", "only we wait"
H11_REFUSES, H11_REFUSES_WE_WAIT = "only h11 refuses", "h11 refuses, we wait"


class Known(NamedTuple):
    """`reason` is a pattern of what the refusing side says; of the method that h11 takes, where only we wait."""

    who: str
    reason: str
    why: str
    example: bytes


_HOST = b" HTTP/1.1\r\nHost: a\r\n"
_CHUNKED = b"POST /" + _HOST + b"Transfer-Encoding: chunked\r\n"

KNOWN = (
    Known(WE_REFUSE, "Invalid method|Expected space after method", "llhttp refuses at the first letter that begins no "
          "method that it knows; h11 waits for the whole line, and takes any word.", b"X"),
    Known(WE_REFUSE, "Preface|Pause on PRI", "The preface of HTTP/2 is not a request of HTTP/1.1 (RFC 9113, 3.4).",
          b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Known(WE_REFUSE, "in url|is not spoken here|Expected HTTP/|(major|minor) version|Expected dot|after version",
          "llhttp judges target and version letter by letter, and takes only targets of RFC 9112, section 3.2.",
          b"GET !"),
    Known(WE_REFUSE, "header (token|field char|value)|Expected (LF|CRLF)|after start line",
          "A line ends with CRLF: h11 takes a lone LF as well, and judges the head only once it has ended.",
          b"GET /" + _HOST[:-2] + b"\nX"),
    Known(WE_REFUSE, "Content-Length can't be present|Transfer-Encoding can't be present", "Both is how requests are "
          "smuggled (RFC 9112, 6.3): h11 lets Transfer-Encoding win; llhttp counts trailers, too.",
          _CHUNKED + b"Content-Length: 5\r\n\r\n"),
    Known(WE_REFUSE, "Duplicate Content-Length|in Content-Length|Empty Content-Length|Content-Length overflow|larger",
          "One length, in digits (RFC 9112, 6.3, permits to take equal ones); and at most max_body_bytes.",
          b"POST /" + _HOST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
    Known(WE_REFUSE, "Transfer-Encoding", "HTTP/1.0 has none (RFC 9112, 6.1), an empty one is none, and llhttp takes "
          "no tab after `chunked`.", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Known(WE_REFUSE, "chunk extension|[Cc]hunk size", "Every letter of a chunk's size and extensions is "
          "judged as it comes; h11 waits for their line, and takes any extension and up to 20 digits.",
          _CHUNKED + b"\r\n1;a b\r\nx\r\n0\r\n\r\n"),
    Known(WE_REFUSE, "Data after `Connection: close`", "llhttp reads a trailer as a header; no client sends this one "
          "(RFC 9110, 6.5.1). The request itself is answered.",
          _CHUNKED + b"\r\n0\r\nConnection: close\r\n\r\nGET /" + _HOST + b"\r\n"),
    Known(WE_REFUSE, "Content-Encoding is not supported|only expectation", "h11 leaves these to the application; we "
          "say so before a chunked body is sent.", _CHUNKED + b"Content-Encoding: br\r\n\r\n0\r\n\r\n"),
    Known(WE_WAIT, "^PRI$", "The preface of HTTP/2 goes on after its first empty line; it is refused at its end.",
          b"PRI * HTTP/2.0\r\n\r\n"),
    Known(H11_REFUSES, "no request line received", "Any number of empty lines may stand before a request "
          "(RFC 9112, 2.2, asks for one at least).", b"\r\n\r\nGET /" + _HOST + b"\r\n"),
    Known(H11_REFUSES, "illegal request line", "Several spaces between the words of the line, and a lone CR before it "
          "(RFC 9112, sections 2.2 and 3, permit both to be taken).", b"GET  / " + _HOST + b"\r\n"),
    Known(H11_REFUSES_WE_WAIT, "no request line received|illegal request line", "The same, before the request is "
          "whole; and what is no request of HTTP/1.1 is told so once its short body is read.", b"\r\n\r\n"),
    Known(H11_REFUSES_WE_WAIT, "Found multiple Host|Missing mandatory Host", "We refuse this, too, after the short "
          "body that was announced; the connection can go on.", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"),
)  # fmt: skip


def is_known(who: str, refusal: str) -> bool:
    return any(known.who == who and re.search(known.reason, refusal) for known in KNOWN)
