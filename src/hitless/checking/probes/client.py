"""Asking once and telling what came of it: a connection, a request on it, the answer or how it failed. No retries."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hitless.checking.events import Closed, Exchange, Failure
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.request import Request
from hitless.checking.probes.wire import KEPT_BYTES, Wire, shown
from hitless.engines.running import Address

PATIENCE_S = 30.0
CONNECT_S = 10.0  # a SYN that nobody answers is tried again by the kernel after 1, 3 and 7 s
TLS_CLOSES_S = 0.2  # that the other side is given to answer the end of TLS: it may be gone
_MOST_HEADERS = 16_384  # characters of an answer's that are recorded
_PIECES = 10  # of a body that is sent slowly

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came of one request. Exactly one of `status` (not 0) and `failure` is there.

    `headers`: names in lower case. `body`: its first 64 KiB, `size`: its whole length in bytes. `connection`: numbers
    those of this process, `nth` the requests on it, from 1. `begun`, `ended`: of the monotonic clock, in seconds;
    so is `sent`, when its first byte was. `stretched_s`: how much longer than wanted it paused within the body.
    `keeps`: the connection can be used again, by what the answer says; `closed_after`: it was ended with the answer.
    """

    connection: int
    nth: int
    begun: float
    ended: float
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    size: int = 0
    failure: Failure | None = None
    detail: str = ""
    keeps: bool = False
    closed_after: bool = False
    sent: float = 0.0
    stretched_s: float = 0.0

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The first of that name (lower case)."""
        return next((value for key, value in self.headers if key == name), None)


async def connect(
    address: Address, *, tls: bool = False, within_s: float = CONNECT_S, kept_bytes: int = KEPT_BYTES
) -> Wire:
    """A new connection; with TLS, whatever its certificate. OSError (TimeoutError among them) if none is made."""
    wire = Wire(next(_numbers), kept_bytes=kept_bytes)
    try:
        async with asyncio.timeout(within_s):
            await asyncio.get_running_loop().create_connection(
                lambda: wire,
                address.host,
                address.port,
                ssl=_unverified() if tls else None,
                ssl_shutdown_timeout=TLS_CLOSES_S if tls else None,
            )
    except BaseException:
        wire.abort()  # it may have been made in the very moment in which time was up
        raise
    return wire


async def ask(
    to: Wire | Address,
    request: Request,
    patience_s: float = PATIENCE_S,
    *,
    tls: bool = False,
    close: bool = False,
    over_s: float = 0.0,
    host: str = "",
) -> Answer:
    """Sent once, on a connection or on a new one, which is ended afterwards. Never raises for what the other side does.

    `close`: say `Connection: close`. `over_s`: the body (the head's end, where there is none) is sent piece by piece
    over so many seconds. `patience_s`: for each of these to be taken, and then for the answer. `host`: of the Host
    header, else where it is connected to.
    """
    if isinstance(to, Wire):
        return await _asked(to, request, patience_s, close, over_s, host or "subject")
    begun = time.monotonic()
    try:
        wire = await connect(to, tls=tls, within_s=min(patience_s, CONNECT_S))
    except OSError as error:
        return failed_to_connect(error, begun)
    try:
        return await _asked(wire, request, patience_s, close, over_s, host or _host(to), begun)
    finally:
        wire.close()


def failed_to_connect(error: OSError, begun: float | None = None) -> Answer:
    """A connection that is neither made nor refused in time is silence; one that TLS fails on is no HTTP."""
    kind = Failure.NO_HTTP if isinstance(error, ssl.SSLError) else Failure.REFUSED
    failure = Failure.SILENT if isinstance(error, TimeoutError) else kind
    now = time.monotonic()
    begun = now if begun is None else begun
    return Answer(next(_numbers), 1, begun, now, failure=failure, detail=shown(error), sent=begun)


async def _asked(
    wire: Wire, request: Request, patience_s: float, close: bool, over_s: float, host: str, begun: float | None = None
) -> Answer:
    sent = time.monotonic()
    wire.begin(request.method)
    detail, is_sent, paused_s = "", True, 0.0
    try:
        for part, pause_s in _parts(request, host, close, over_s):
            if pause_s:
                paused_s += await _paused(wire, pause_s) - pause_s
            async with asyncio.timeout(patience_s):
                is_sent = not wire.ended.done() and await wire.send(part)
            if not is_sent:
                break
        async with asyncio.timeout(patience_s):
            await wire.ended
    except TimeoutError:
        detail = f"nothing more within {patience_s:g} s"
    begun = sent if begun is None else begun
    keeps = wire.keeps and is_sent and not wire.is_lost
    answer = _told(wire, begun, sent, max(0.0, paused_s), detail, keeps=keeps)
    if answer.failure is not None:
        wire.abort()
    return answer


async def _paused(wire: Wire, pause_s: float) -> float:
    """Seconds. Not to the end if the answer comes."""
    began = time.monotonic()
    await asyncio.wait([wire.ended], timeout=pause_s)
    return time.monotonic() - began


def _parts(request: Request, host: str, close: bool, over_s: float) -> Iterator[tuple[bytes, float]]:
    """What is sent, each with the seconds to wait before."""
    head = request.head(host, close=close)
    if not over_s:
        yield head + request.body, 0.0
        return
    at_once, slowly = (head, request.body) if request.body else (head[:-2], head[-2:])
    yield at_once, 0.0
    step = -(-len(slowly) // _PIECES)
    pieces = [slowly[place : place + step] for place in range(0, len(slowly), step)]
    for piece in pieces:
        yield piece, over_s / len(pieces)


def _told(wire: Wire, begun: float, sent: float, stretched_s: float, detail: str, *, keeps: bool) -> Answer:
    failure = wire.failure
    return Answer(
        wire.number,
        wire.asked,
        begun,
        time.monotonic(),
        status=wire.status if failure is None else 0,
        headers=tuple(wire.headers),
        body=bytes(wire.body),
        size=wire.size,
        failure=failure,
        detail=detail or shown(wire.error),
        keeps=keeps,
        closed_after=wire.is_lost,
        sent=sent,
        stretched_s=stretched_s,
    )


def record(
    log: StageLog,
    answer: Answer,
    request: Request,
    purpose: str,
    instance: str,
    *,
    due: float | None = None,
    body_limit: int = 4096,
) -> Exchange:
    """Writes it down, by the clock of its stage. `due`: when it should have been sent (monotonic), in an open loop."""
    now, moment = log.now(), time.monotonic()
    at = answer.begun if due is None else due
    exchange = Exchange(
        stage=log.stage,
        at_s=round(max(0.0, now - (moment - at)), 4),
        purpose=purpose,
        instance=instance,
        connection=answer.connection,
        nth=answer.nth,
        until_s=round(max(0.0, now - (moment - answer.ended)), 4),
        method=request.method,
        path=request.path,
        api=request.api,
        status=answer.status,
        headers=tuple(_first(answer.headers)),
        body=answer.body[:body_limit],
        size=answer.size,
        failure=answer.failure,
        detail=answer.detail,
        curl=request.curl,
        expected=request.expected,
        late_s=round(max(0.0, answer.sent - at), 4),
        stretched_s=round(answer.stretched_s, 4),
    )
    log.add(exchange)
    return exchange


def _first(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those that are kept: a load has thousands of answers."""
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if size > _MOST_HEADERS:
            return
        yield name, value


def record_closed(log: StageLog, wire: Wire, instance: str) -> None:
    """That the other side ended an idle connection; nothing is written where it did not."""
    if wire.lost_at is None:
        return
    at_s = round(max(0.0, log.now() - (time.monotonic() - wire.lost_at)), 4)
    log.add(
        Closed(
            stage=log.stage,
            at_s=at_s,
            instance=instance,
            connection=wire.number,
            idle_s=round(wire.idle_s, 4),
            reset=wire.was_reset,
        )
    )


def _host(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
