"""h11 as the judge: what it and we both take for a request, both must understand alike.

Two servers in a row that disagree about where a request ends, or what it says, are how requests are smuggled. What only
one of the two takes is listed in `differences`; anything else is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import h11
from tests.fuzz.differences import H11_REFUSES, H11_REFUSES_WE_WAIT, WE_REFUSE, WE_WAIT, is_known
from tests.fuzz.subject import Outcome, Told

_OK = h11.Response(status_code=200, headers=[("content-length", "0")])
_END = h11.EndOfMessage()


class Heard(NamedTuple):
    """One request as h11 hands it over."""

    method: bytes
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    keeps: bool


class Reading(NamedTuple):
    """`refusal`: why h11 reads no further, if it does not."""

    requests: list[Heard]
    refusal: str
    open: bool


def read(data: bytes) -> Reading:
    """h11 as a server that answers every request with 200 and declines every upgrade."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    requests: list[Heard] = []
    try:
        while True:
            event = connection.next_event()
            if not isinstance(event, h11.Request):
                return Reading(requests, "", connection.our_state is h11.IDLE)
            body = _body(connection)
            if body is None:
                return Reading(requests, "", True)
            connection.send(_OK)
            connection.send(_END)
            keeps = connection.our_state is h11.DONE
            version = event.http_version.decode()
            requests.append(Heard(event.method, event.target, version, list(event.headers), body, keeps))
            if not keeps:
                return Reading(requests, "", False)
            connection.start_next_cycle()
    except h11.RemoteProtocolError as error:
        return Reading(requests, str(error) or "refused", False)


def _body(connection: h11.Connection) -> bytes | None:
    """None where it is not whole."""
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Data):
            body += event.data
        else:
            return body if isinstance(event, h11.EndOfMessage) else None


def difference(mine: Outcome, other: Reading) -> str:
    """What the two do not understand alike, in words; empty if nothing."""
    for number, (ours, theirs) in enumerate(zip(mine.requests, other.requests, strict=False)):
        if ours.status != 200 and not ours.keeps:
            return _unlisted(WE_REFUSE, mine.refusal)
        wrong = _between(ours, theirs)
        if wrong:
            return f"request {number}: {wrong}"
        if not (ours.keeps and theirs.keeps):
            return ""
    further = mine.requests[len(other.requests) :]
    if further and further[0].status == 200:
        return _unlisted(H11_REFUSES, other.refusal) if other.refusal else "h11 waits where we have a request"
    if further:
        return "" if other.refusal or further[0].keeps else _unlisted(WE_REFUSE, mine.refusal)
    if len(mine.requests) < len(other.requests):
        return _unlisted(WE_WAIT, other.requests[len(mine.requests)].method.decode("latin-1"))
    return _unlisted(H11_REFUSES_WE_WAIT, other.refusal) if other.refusal else ""


def _between(ours: Told, theirs: Heard) -> str:
    """Whether the connection goes on is compared where both may choose: h11 always ends it after HTTP/1.0, and llhttp
    takes Proxy-Connection for Connection."""
    pairs: list[tuple[str, object, object]] = [
        ("method", ours.method, theirs.method),
        ("target", (ours.path, ours.query), _split(theirs.target)),
        ("version", ours.version, theirs.version),
        ("headers", _normal(ours.headers), _normal(theirs.headers)),
    ]
    if ours.body is not None:
        pairs.append(("body", ours.body, theirs.body))
    if ours.version == "1.1" and ours.status == 200 and b"proxy-connection" not in dict(ours.headers):
        pairs.append(("keep-alive", ours.keeps, theirs.keeps))
    return "; ".join(f"{what}: {mine!r}, h11 {other!r}" for what, mine, other in pairs if mine != other)


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of origin form and of absolute form (RFC 9112, section 3.2)."""
    if absolute := re.fullmatch(rb"[^/?]*://[^/?]*(.*)", target, re.DOTALL):
        target = absolute[1] if absolute[1].startswith(b"/") else b"/" + absolute[1]
    path, _, query = target.partition(b"?")
    return path, query


def _normal(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Apart from what the two hand over differently, for these reasons:

    - Transfer-Encoding: h11 says it in lower case, we as it came;
    - Upgrade, and Connection with it: an offer that we decline is read as if it had not been made.
    """
    return [(name, value.lower() if name == b"transfer-encoding" else value)
            for name, value in headers if name not in (b"connection", b"upgrade")]  # fmt: skip


def _unlisted(who: str, refusal: str) -> str:
    return "" if is_known(who, refusal) else f"{who}: {refusal}"
