"""One input → what our connection made of it, with everything checked that must hold for any bytes at all.

A real `Connection`, `Reader` and `Service` on a transport in memory and a clock that is moved by hand.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.fuzz import answers
from tests.fuzz.treatment import Answers, Leaving, Treatment
from tests.property.serving.in_memory import AnyPath, Bench, MemoryTransport

from hitless.serving.connection import Connection
from hitless.serving.exchange import Exchange
from hitless.serving.metrics import EndpointMetrics
from hitless.serving.options import Options
from hitless.serving.service import Service

_NARROW = Options(max_body_bytes=40, max_line_bytes=64, max_head_bytes=400, max_headers=5, max_buffered_bytes=65_536)
_STEP_S, _STEPS = 30.0, 120  # an hour
_MORE = b"GET /more HTTP/1.1\r\nHost: a\r\n\r\n"  # after the last word


class Told(NamedTuple):
    """A request as it was understood, and its answer. `body` None: it was refused, and let go of."""

    method: bytes
    path: bytes
    query: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    body: bytes | None
    status: int
    keeps: bool


class Outcome(NamedTuple):
    """`refusal`: why it reads no further, if it does not. `open`: it waits for more."""

    requests: list[Told]
    refusal: str
    open: bool


class FuzzedService(Service):
    """Remembers what was asked."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.options, bench.loop, bench.board, 0, bench.executor)
        self.asked: list[Exchange] = []

    def handle(self, exchange: Exchange) -> None:
        self.asked.append(exchange)
        super().handle(exchange)


class NumberRoute:
    """Answers with the number of the request on its connection."""

    def __init__(self, metrics: EndpointMetrics, service: FuzzedService) -> None:
        self.metrics = metrics
        self.how = Answers.AT_ONCE
        self.waiting: list[Exchange] = []
        self._service = service

    def check(self, exchange: Exchange, has_body: bool) -> None:
        """Everything is taken."""

    def handle(self, exchange: Exchange) -> None:
        self.waiting = [other for other in self.waiting if not other.gone] + [exchange]
        if self.how in (Answers.AT_ONCE, Answers.STREAMED):
            self.answer()

    def answer(self) -> None:
        """Whatever waits, the oldest only: there can be no other."""
        if not self.waiting:
            return
        exchange = self.waiting.pop()
        assert not self.waiting, "two requests of one connection in hand"
        number, connection = b"%d" % (len(self._service.asked) - 1), exchange.connection
        if self.how in (Answers.AT_ONCE, Answers.LATER):
            connection.reply(exchange, 200, b"text/plain", number)
        elif connection.start_stream(exchange, 200, b"text/plain"):
            connection.send_part(exchange, number)
            connection.send_part(exchange, b"")
            connection.end_stream(exchange, 200)


class Subject(Bench):
    """A server for one connection after the other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.watched = self.service = FuzzedService(self)
        self.service.unrouted = EndpointMetrics(self.service.row, 1)
        self.numbers = NumberRoute(EndpointMetrics(self.service.row, 0), self.watched)
        self.service.routes = AnyPath(self.numbers)

    def run(self, data: bytes, treatment: Treatment) -> Outcome | None:
        """AssertionError, or whatever the server raises, for a fault. None where the client left too early to tell."""
        self.watched.asked.clear()
        self.numbers.waiting.clear()
        self.numbers.how = treatment.answers
        self.service.leaving = treatment.server_leaves
        connection, transport = Connection(self.service), MemoryTransport()
        connection.connection_made(transport)
        stayed = self._feed(connection, transport, treatment, treatment.pieces(data))
        outcome = self._settle(connection, transport) if stayed else None
        self._leave(connection, transport, treatment.leaving)
        assert self.in_flight == 0, f"{self.in_flight} in flight after the end"
        assert self.service.buffered == 0, f"{self.service.buffered} bytes still counted after the end"
        assert not self.service.connections
        return outcome

    def _feed(
        self, connection: Connection, transport: MemoryTransport, treatment: Treatment, pieces: list[bytes]
    ) -> bool:
        """Whether the client stayed for all of it."""
        for number, piece in enumerate(pieces):
            if number == treatment.leaves_at:
                return False
            if number == treatment.stall_at:
                _stall(connection, transport)
            elif treatment.stall_at is not None and number == treatment.stall_at + 2:
                _go_on(connection, transport)
            while not transport.reading:
                _go_on(connection, transport)
                self.numbers.answer()
            if transport.closed:
                break
            connection.data_received(piece)
            if number % treatment.answer_each == 0:
                self.numbers.answer()
        return True

    def _settle(self, connection: Connection, transport: MemoryTransport) -> Outcome:
        """All is sent: every whole request gets its answer, one each, in order; after the last word nothing counts."""
        self._answer_all(connection, transport)
        requests = self._told(transport)
        assert self.in_flight == 0, f"{self.in_flight} in flight, and nothing to wait for"
        assert transport.reading
        assert all(told.keeps for told in requests[:-1]), "an answer after the last word"
        assert transport.done is bool(requests and not requests[-1].keeps)
        if transport.done and not transport.closed:
            said, asked = len(transport.writes), len(self.watched.asked)
            connection.data_received(_MORE)
            assert (len(transport.writes), len(self.watched.asked)) == (said, asked), "read on after a refusal"
        refused = self.watched.asked[-1].rejection if self.watched.asked else None
        return Outcome(requests, refused.detail if refused and transport.done else "", not transport.done)

    def _answer_all(self, connection: Connection, transport: MemoryTransport) -> None:
        _go_on(connection, transport)
        while self.numbers.waiting:
            self.numbers.answer()

    def _told(self, transport: MemoryTransport) -> list[Told]:
        asked = self.watched.asked
        given = list(answers.read(b"".join(transport.writes), [exchange.method for exchange in asked]))
        assert len(given) == len(asked), f"{len(asked)} requests, {len(given)} answers"
        return [_told(number, *pair) for number, pair in enumerate(zip(asked, given, strict=True))]

    def _leave(self, connection: Connection, transport: MemoryTransport, leaving: Leaving) -> None:
        if leaving is Leaving.SILENT:
            self._wait(connection, transport)
        elif leaving is Leaving.END and not transport.closed:
            if connection.eof_received():
                self._answer_all(connection, transport)
                assert transport.closed, "all is answered, but it stays open"
            else:
                transport.close()
        connection.connection_lost(None if leaving is Leaving.END else ConnectionResetError())
        self.numbers.answer()  # too late: it goes nowhere

    def _wait(self, connection: Connection, transport: MemoryTransport) -> None:
        """An hour passes."""
        for _ in range(_STEPS):
            if transport.closed:
                return
            self.loop.now += _STEP_S
            connection.sweep(self.loop.now)
        raise AssertionError("it would stay open for ever")


def _stall(connection: Connection, transport: MemoryTransport) -> None:
    """The client does not read: what was written stays in the buffers."""
    transport.unsent = 1
    connection.pause_writing()


def _go_on(connection: Connection, transport: MemoryTransport) -> None:
    transport.unsent = 0
    connection.resume_writing()


def _told(number: int, exchange: Exchange, answer: answers.Answer) -> Told:
    """AssertionError where the answer is not the one to this request."""
    assert answer.fields[b"x-request-id"] == exchange.request_id
    body: bytes | None = None
    if exchange.rejection is None:
        assert answer.status == 200, f"status {answer.status}"
        assert exchange.method == b"HEAD" or answer.body == b"%d" % number, "the answer to another request"
        body = exchange.body
    else:
        assert answer.status == exchange.rejection.status
        assert answer.status != 500, exchange.rejection.detail
    method, path, query, version = exchange.method, exchange.path, exchange.query, exchange.version
    return Told(method, path, query, version, exchange.headers, body, answer.status, answer.keeps)


def narrow() -> Subject:
    """One with small limits."""
    return Subject(_NARROW)
