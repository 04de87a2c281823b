"""One client of the load: its own schedule, one request at a time, never a second try of any."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from bench.rollout.asked import PARTS, SLOW_S, Dialect, Request, Shape, request
from bench.rollout.outcomes import MOST_DETAILS, Failure, Kind, Tally
from bench.rollout.wire import Wire

PATIENCE_S = 30.0
SMALL_WINDOW = 16_384  # the receive buffer of a client that reads slowly


@dataclass(frozen=True)
class Place:
    """`offset_s` and `period_s` make the schedule; `numbers` starts the numbers of this client's requests."""

    name: str
    pooled: bool
    shape: Shape
    offset_s: float
    period_s: float
    numbers: int
    dialect: Dialect = Dialect.PLAIN


class Client:
    """Keeps one connection where it is pooled; else makes one for every request."""

    def __init__(self, place: Place, address: tuple[str, int], seed: int, tally: Tally) -> None:
        self._place = place
        self._address = address
        self._host = f"{address[0]}:{address[1]}"
        self._seed = seed
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None

    async def run(self, start: float, stop: asyncio.Event) -> None:
        """Open loop: a request that its predecessor delayed is sent at once, and its latency counts from its time."""
        place, number, due = self._place, self._place.numbers, start + self._place.offset_s
        while not stop.is_set():
            wait = due - self._loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
                if stop.is_set():
                    break
            else:
                self._tally.late_s = max(self._tally.late_s, -wait)
            await self._one(request(self._seed, number, place.shape, place.dialect), due)
            number += 1
            due += place.period_s
        if self._wire is not None:
            self._wire.close()

    async def _one(self, asked: Request, due: float) -> None:
        close = not self._place.pooled and asked.number % 2 == 0
        try:
            wire = await self._connected()
        except OSError as error:
            self._failed(asked, Kind.REFUSED, 0, due, str(error))
            return
        wire.begin()
        wire.asked += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._send(wire, asked, close)
                await wire.ended
        except TimeoutError:
            self._wire = None
            wire.abort()
            self._failed(asked, Kind.SILENT, wire.asked, due, f"after {PATIENCE_S:g} s")
            return
        self._judge(wire, asked, due)
        if wire.lost or not (wire.is_whole and wire.keeps and self._place.pooled):
            self._wire = None
            wire.close()

    async def _connected(self) -> Wire:
        if self._wire is not None:
            if not self._wire.lost:
                return self._wire
            self._tally.ended_idle += 1
        self._wire = None
        slow = self._place.shape is Shape.SLOW_READ
        connection = socket.socket()
        connection.setblocking(False)
        try:
            if slow:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
            await self._loop.sock_connect(connection, self._address)
            self._tally.connections += 1
            _, wire = await self._loop.create_connection(lambda: Wire(self._loop, slow=slow), sock=connection)
        except BaseException:
            connection.close()
            raise
        self._wire = wire
        return wire

    async def _send(self, wire: Wire, asked: Request, close: bool) -> None:
        head = asked.head(self._host, close=close)
        if asked.shape is not Shape.SLOW_SEND:
            wire.send(head + asked.body)
            return
        wire.send(head)
        step = len(asked.body) // PARTS + 1
        for begin in range(0, len(asked.body), step):
            await asyncio.sleep(SLOW_S / PARTS)
            if wire.ended.done():
                return
            wire.send(asked.body[begin : begin + step])

    def _judge(self, wire: Wire, asked: Request, due: float) -> None:
        if not wire.is_whole:
            if isinstance(wire.error, OSError | None):
                kind = Kind.CUT if wire.has_begun else Kind.CLOSED if wire.error is None else Kind.RESET
            else:
                kind = Kind.WRONG
            self._failed(asked, kind, wire.asked, due, repr(wire.error))
        elif wire.status >= 500:
            self._failed(asked, Kind.ERROR_5XX, wire.asked, due, _shown(wire))
        elif wire.status != 200 or not asked.is_right(b"".join(wire.parts)):
            self._failed(asked, Kind.WRONG, wire.asked, due, _shown(wire))
        else:
            self._tally.add(self._place.name, Kind.OK)
            if asked.shape is Shape.MIXED:
                self._tally.latencies_ms.append((self._loop.time() - due) * 1000)

    def _failed(self, asked: Request, kind: Kind, nth: int, due: float, detail: str) -> None:
        now, tally = self._loop.time(), self._tally
        tally.add(self._place.name, kind)
        if len(tally.details) < MOST_DETAILS:
            failure = Failure(now, asked.number, kind, self._place.name, asked.shape, nth, now - due, detail)
            tally.details.append(failure)


def _shown(wire: Wire) -> str:
    return f"{wire.status} {wire.reason.decode('latin-1')} {b''.join(wire.parts)[:200]!r}"
