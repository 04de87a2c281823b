"""What the client says of servers that answer, cut, refuse, and keep silent: each on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hitless.checking.events import Closed, Exchange, Failure, Stage
from hitless.checking.probes.client import Answer, ask, connect, record, record_closed
from hitless.checking.probes.recorder import Recorder, StageLog
from hitless.checking.probes.request import Request
from hitless.checking.probes.wire import MOST_HEAD_BYTES
from hitless.checking.record import Opened
from hitless.engines.running import Address

GET = Request("GET", "/", curl="curl http://{address}/ -d '{}'")
LARGE = Request("POST", "/", body=bytes(64 << 20))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[Address]:
    tasks: set[asyncio.Task[None]] = set()

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    one = await asyncio.start_server(handled, "127.0.0.1", 0)
    async with one:
        yield Address("127.0.0.1", one.sockets[0].getsockname()[1])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def resetting(writer: asyncio.StreamWriter) -> None:
    """Its end will be a RST."""
    one: socket.socket = writer.get_extra_info("socket")
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reading(size: int, taken: list[bytes] | None = None, pause_s: float = 0.0) -> Handler:
    """An answer when so many bytes of a body have come."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = size
        while left:
            piece = await reader.read(1 << 16)
            left -= len(piece)
            if taken is not None:
                taken.append(piece)
            await asyncio.sleep(pause_s)
        writer.write(OK)

    return handler


def saying(*answers: bytes, reset: bool = False, silent: bool = False) -> Handler:
    """One answer for each request, then the end."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        if silent:
            await asyncio.sleep(5)
        if reset:
            await asyncio.sleep(0.05)  # what was written arrives before
            resetting(writer)

    return handler


def asked(handler: Handler, request: Request = GET, patience_s: float = 5.0, over_s: float = 0.0) -> Answer:
    async def main() -> Answer:
        async with server(handler) as address:
            return await ask(address, request, patience_s, over_s=over_s)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        pytest.param(saying(b""), Failure.CLOSED, id="ends without a word"),
        pytest.param(saying(b"", reset=True), Failure.RESET, id="resets"),
        pytest.param(saying(OK[:20]), Failure.CUT, id="ends in the head"),
        pytest.param(saying(OK[:-1]), Failure.CUT, id="ends in the body"),
        pytest.param(saying(OK[:-1], reset=True), Failure.CUT, id="resets in the body"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
            Failure.CUT,
            id="last chunk missing",
        ),
        pytest.param(saying(b"SSH-2.0-OpenSSH_9.2\r\n"), Failure.NO_HTTP, id="another protocol"),
    ],
)
def test_how_it_fails(handler: Handler, failure: Failure) -> None:
    answer = asked(handler)
    assert (answer.failure, answer.status, answer.keeps) == (failure, 0, False)


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        pytest.param(HEAD, b"X-More: " + b"x" * 500 + b"\r\n", id="headers"),
        pytest.param(HEAD + b"X-More: ", b"x" * 500, id="one header"),
        pytest.param(HEAD + b"\r\n2\r\nok\r\n0\r\n", b"X-More: " + b"x" * 500 + b"\r\n", id="trailers"),
        pytest.param(HEAD + b"\r\n2\r\nok\r\n0\r\nX-More: ", b"x" * 500, id="one trailer"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", id="interim answers"),
    ],
)
def test_a_head_without_an_end_is_not_kept(begun: bytes, more: bytes) -> None:
    answer = asked(saying(begun + more * (2 * MOST_HEAD_BYTES // len(more))), patience_s=30.0)
    assert (answer.failure, answer.status, answer.headers) == (Failure.NO_HTTP, 0, ())
    assert answer.detail == "a head, or trailers, of more than 1,048,576 bytes"


def test_trailers_are_no_headers() -> None:
    answer = asked(saying(HEAD + b"\r\n2\r\nok\r\n0\r\nConnection: close\r\n\r\n"))
    assert (answer.failure, answer.body, answer.headers) == (None, b"ok", (("transfer-encoding", "chunked"),))


def test_a_body_in_chunks_of_one_byte_is_no_head() -> None:
    size = MOST_HEAD_BYTES // 2
    answer = asked(saying(HEAD + b"\r\n" + b"1\r\nx\r\n" * size + b"0\r\n\r\n"), patience_s=30.0)
    assert (answer.failure, answer.size) == (None, size)


@pytest.mark.parametrize("said", [b"", OK[:-1]], ids=["nothing", "a part"])
def test_silence(said: bytes) -> None:
    answer = asked(saying(said, silent=True), patience_s=0.3)
    assert answer.failure is Failure.SILENT
    assert answer.detail == "nothing more within 0.3 s"


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = asyncio.run(ask(Address("127.0.0.1", free.getsockname()[1]), GET))
    assert (answer.failure, answer.nth) == (Failure.REFUSED, 1)


@pytest.mark.parametrize(
    ("said", "method", "body", "keeps"),
    [
        pytest.param(OK, "GET", b"ok", True, id="with a length"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "GET", b"ok", True, id="after an interim answer"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", "GET", b"", True, id="without a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", b"", True, id="HEAD"),
        pytest.param(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), "GET", b"ok", False, id="says close"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", "GET", b"ok", False, id="until the end of the connection"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", b"ok", False, id="HTTP/1.0"),
    ],
)
def test_an_answer(said: bytes, method: str, body: bytes, keeps: bool) -> None:
    answer = asked(saying(said), Request(method, "/"))
    assert answer.failure is None
    assert answer.status == int(said.rpartition(b"HTTP/1.")[2][2:5])
    assert (answer.body, answer.size, answer.keeps) == (body, len(body), keeps)


def test_a_large_answer_is_kept_in_part() -> None:
    answer = asked(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000))
    assert (answer.size, len(answer.body)) == (200_000, 65_536)


def test_a_body_sent_slowly_arrives_in_pieces_and_whole() -> None:
    pieces: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while sum(map(len, pieces)) < 25:
            pieces.append(await reader.read(1000))
        writer.write(OK)

    answer = asked(handler, Request("POST", "/", body=b"x" * 25), over_s=0.3)
    assert answer.status == 200
    assert answer.ended - answer.begun >= 0.3
    assert len(pieces) > 1


def test_a_client_that_stands_still_tells_for_how_long_its_body_was_delayed() -> None:
    async def main() -> Answer:
        async with server(reading(25)) as address:
            asyncio.get_running_loop().call_later(0.1, time.sleep, 0.5)
            return await ask(address, Request("POST", "/", body=b"x" * 25), over_s=0.3)

    answer = asyncio.run(main())
    assert answer.status == 200
    assert answer.stretched_s > 0.3


def test_a_large_body_arrives_whole_as_fast_as_it_is_taken() -> None:
    body = bytes(range(256)) * 50_000
    taken: list[bytes] = []
    answer = asked(reading(len(body), taken, pause_s=0.002), Request("POST", "/", body=body))
    assert (answer.status, answer.stretched_s, b"".join(taken) == body) == (200, 0.0, True)


def test_a_large_body_is_sent_no_further_when_the_answer_has_come() -> None:
    answer = asked(saying(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", silent=True), LARGE)
    assert (answer.status, answer.keeps) == (413, False)


def test_a_large_body_of_which_only_the_beginning_is_taken() -> None:
    """The other side says that it sends no more while a part is still on its way: what asyncio then calls closing."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.2)
        writer.write_eof()
        await asyncio.sleep(0.2)
        while await reader.read(1 << 16):
            pass

    async def main() -> Answer:
        async with server(handler) as address:
            wire = await connect(address)
            answer = await ask(wire, LARGE, 5.0)
            wire.abort()
            return answer

    assert asyncio.run(main()).failure is Failure.CLOSED


def test_a_large_body_that_nobody_takes_is_silence() -> None:
    answer = asked(saying(silent=True), LARGE, 0.3)
    assert (answer.failure, answer.detail) == (Failure.SILENT, "nothing more within 0.3 s")


def test_an_answer_before_the_body_is_sent_ends_the_connection() -> None:
    answer = asked(saying(OK, silent=True), Request("POST", "/", body=b"x" * 25), over_s=3)
    assert (answer.status, answer.keeps) == (200, False)


def test_a_request_with_no_body_sent_slowly_ends_its_head_late() -> None:
    answer = asked(saying(OK), over_s=0.2)
    assert answer.status == 200
    assert answer.ended - answer.begun >= 0.2


def test_a_connection_is_used_again_and_the_second_loss_is_told_as_such() -> None:
    async def main() -> list[Answer]:
        async with server(saying(OK, OK, b"", reset=True)) as address:
            wire = await connect(address)
            return [await ask(wire, GET) for _ in range(3)]

    first, second, third = asyncio.run(main())
    assert [first.nth, second.nth, third.nth] == [1, 2, 3]
    assert first.connection == second.connection == third.connection
    assert (first.status, second.status, third.failure) == (200, 200, Failure.RESET)


@pytest.mark.parametrize("reset", [False, True])
def test_an_idle_connection_that_is_ended(reset: bool) -> None:
    async def main() -> tuple[Closed, Answer]:
        log, recorder = made_log()
        async with server(saying(OK, reset=reset)) as address:
            wire = await connect(address)
            await ask(wire, GET)
            await asyncio.wait_for(wire.gone, 5)
            record_closed(log, wire, "one")
            answer = await ask(wire, GET)
        (closed,) = recorder.record().all(Closed)
        return closed, answer

    closed, answer = asyncio.run(main())
    assert closed.reset is reset
    assert 0 <= closed.idle_s <= closed.at_s
    assert answer.failure is (Failure.RESET if reset else Failure.CLOSED)


def test_an_unasked_answer_on_an_idle_connection_is_none() -> None:
    """Some servers say 408 before they end an idle connection."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")

    async def main() -> Answer:
        async with server(handler) as address:
            wire = await connect(address)
            answer = await ask(wire, GET)
            await asyncio.wait_for(wire.gone, 5)
            return answer

    assert asyncio.run(main()).status == 200


def test_an_exchange_as_it_is_recorded() -> None:
    async def main() -> Exchange:
        log, recorder = made_log()
        async with server(saying(OK)) as address:
            answer = await ask(address, GET)
            told = record(log, answer, GET, "why", "one", due=answer.begun - 1)
            assert told.curl == GET.curl
        assert recorder.record().all(Exchange) == (told,)
        return told

    told = asyncio.run(main())
    assert (told.status, told.body, told.purpose, told.instance) == (200, b"ok", "why", "one")
    assert told.at_s <= told.until_s


def made_log() -> tuple[StageLog, Recorder]:
    recorder = Recorder(Opened("subject", "image", "0", "2026-01-01T00:00:00Z", "2024-09", "hitless", 0))
    return StageLog(recorder, Stage.STOP), recorder
