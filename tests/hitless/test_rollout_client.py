"""The client of the bench counts what really happened: a server that breaks off in every way, and one that does not."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
from bench.rollout import client as client_module
from bench.rollout.asked import Shape
from bench.rollout.client import Client, Place
from bench.rollout.outcomes import Kind, Tally

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    await reader.readexactly(length)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.close()


def says(answer: bytes) -> Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        writer.close()

    return behave


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()
    writer.close()


@pytest.mark.parametrize("shape", [Shape.MIXED, Shape.SLOW_READ])
@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        pytest.param(reset, Kind.RESET, id="reset"),
        pytest.param(close, Kind.CLOSED, id="closed without an answer"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\n"), Kind.CUT, id="cut in the head"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), Kind.CUT, id="cut in the body"),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n"), Kind.CUT, id="cut chunks"
        ),
        pytest.param(says(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"), Kind.ERROR_5XX, id="503"),
        pytest.param(says(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), Kind.WRONG, id="404"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), Kind.WRONG, id="another answer"),
        pytest.param(says(b"\x00\x01\x02 what\r\n\r\n"), Kind.WRONG, id="no HTTP"),
        pytest.param(nothing, Kind.SILENT, id="no answer"),
    ],
)
def test_what_went_wrong_is_counted_as_that(
    behaviour: Behaviour, kind: Kind, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PATIENCE_S", 0.5)

    async def ask() -> Tally:
        async with await asyncio.start_server(behaviour, "127.0.0.1") as server:
            return await one_request(server.sockets[0].getsockname(), shape)

    tally = asyncio.run(ask())
    assert tally.counts == {kind: 1}
    assert [failure.kind for failure in tally.details] == [kind]


def test_a_refusal_is_counted_as_that() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        tally = asyncio.run(one_request(bound.getsockname(), Shape.MIXED))
    assert tally.counts == {Kind.REFUSED: 1}


async def one_request(address: tuple[str, int], shape: Shape) -> Tally:
    tally, stop = Tally(), asyncio.Event()
    client = Client(Place("one", True, shape, 0.0, 60.0, 1), address, 1, tally)
    running = asyncio.create_task(client.run(asyncio.get_running_loop().time(), stop))
    while not tally.requests:
        await asyncio.sleep(0.01)
    stop.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return tally
