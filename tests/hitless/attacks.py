"""What hostile clients do, with plain sockets: each function is one attack, from its begin to its end.

They assert what the attacker must get where that is certain (a refusal, the end); they never ask politely.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TypeVar

from tests.e2e.http.wire import PATIENCE_S, chunked, post_json, request

_T = TypeVar("_T")

_RESET = struct.pack("ii", 1, 0)
_IP_BIND_ADDRESS_NO_PORT = 24  # ip(7)
_PER_ADDRESS = 1000
_TICK_S = 0.05
_RAW = "Content-Type: application/octet-stream"

END_BY_RESET, END_BY_FIN = "reset", "fin"
SIZED, CHUNKED = "sized", "chunked"


@contextlib.contextmanager
def connections(port: int, count: int, *, receive_buffer: int = 0) -> Iterator[list[socket.socket]]:
    """So many, from addresses 127.0.0.2 and on, so that no address runs out of ports."""
    opened: list[socket.socket] = []
    try:
        sources = (f"127.0.0.{2 + number // _PER_ADDRESS}" for number in range(count))
        opened.extend(_connect(port, source, receive_buffer) for source in sources)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def _connect(port: int, source: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(PATIENCE_S)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)  # a port is free for each peer
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


def _leave(connection: socket.socket, how: str) -> None:
    if how == END_BY_RESET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def _rest(connection: socket.socket) -> bytes:
    """What comes until the end, however it ends."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(1 << 16):
            received += data
    return received


def trickled(port: int, count: int, start: bytes, drop: bytes) -> None:
    """Slow loris: a start that is well, and then a drop now and then, until the server has had enough: 408."""
    with connections(port, count) as opened:
        for connection in opened:
            connection.sendall(start)
        waiting, until = set(opened), time.monotonic() + PATIENCE_S
        with selectors.DefaultSelector() as answers:
            for connection in opened:
                answers.register(connection, selectors.EVENT_READ)
            while waiting:
                assert time.monotonic() < until, f"{len(waiting)} slow clients are still waited for"
                for key, _ in answers.select(0):
                    answers.unregister(key.fileobj)
                    waiting.discard(key.fileobj)
                for connection in waiting:
                    with contextlib.suppress(ConnectionError):
                        connection.send(drop)
                time.sleep(_TICK_S)
        refusals = [_rest(connection) for connection in opened]
    assert {refusal[:13] for refusal in refusals} == {b"HTTP/1.1 408 "}


def unread(port: int, count: int, size: int, wait_for_the_cut: Callable[[], None]) -> None:
    """They ask for much and read nothing, until the server has cut them."""
    with connections(port, count, receive_buffer=4096) as opened:
        for connection in opened:
            connection.sendall(post_json("/large", {"size": size}))
        wait_for_the_cut()
        assert len(_rest(opened[0])) < size


def aborted_uploads(port: int, count: int, framing: str, end: str, seed: int = 1) -> None:
    """Bodies that end in the middle, one after the other, with a RST or a FIN."""
    source = Random(seed)
    body = source.randbytes(60_000)
    whole = request("POST /raw", _RAW, body=body)
    if framing == CHUNKED:
        parts = [body[at : at + 700] for at in range(0, len(body), 700)]
        whole = request("POST /raw", _RAW, "Transfer-Encoding: chunked") + chunked(*parts)

    def abort(place: int) -> None:
        connection = _connect(port)
        with contextlib.suppress(ConnectionError):
            connection.sendall(whole[:place])
        _leave(connection, end)

    _all(abort, [source.randrange(30, len(whole) - 1) for _ in range(count)])


def noise(port: int, count: int, seed: int = 1) -> None:
    """Random bytes, some of them behind a good start; an answer or the end comes."""
    source = Random(seed)
    starts = (b"", b"", b"GET ", b"GET / HTTP/1.1\r\n", request("POST /raw", "Transfer-Encoding: chunked"))

    def send(data: bytes) -> None:
        connection = _connect(port)
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        answer = _rest(connection)
        assert not answer or answer.startswith(b"HTTP/1.1 "), answer[:100]
        assert b"HTTP/1.1 500 " not in answer
        connection.close()

    _all(send, [source.choice(starts) + source.randbytes(source.randrange(1, 3000)) for _ in range(count)])


def opened_and_closed(port: int, count: int) -> None:
    """Not a byte is said; half of them leave with a reset."""

    def visit(number: int) -> None:
        _leave(_connect(port), END_BY_RESET if number % 2 else END_BY_FIN)

    _all(visit, range(count))


def pipelined(port: int, count: int, requests: int) -> None:
    """Many requests at once, and only then the answers are read: each, in order."""
    sent = b"".join(request(f"GET /hello?name={number}") for number in range(requests))
    with connections(port, count) as opened:
        received = _each(opened, lambda connection: _sent_and_read(connection, sent, requests))
    for data in received:
        names = [int(part.partition(b'"')[0]) for part in data.split(b'{"hello":"')[1:]]
        assert names == list(range(requests))


def _sent_and_read(connection: socket.socket, sent: bytes, requests: int) -> bytes:
    received = b""
    connection.setblocking(False)
    with selectors.DefaultSelector() as ready:
        ready.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while received.count(b'{"hello":"') < requests:
            for _, events in ready.select(PATIENCE_S) or [_silence()]:
                if events & selectors.EVENT_WRITE and sent:
                    sent = sent[connection.send(sent) :]
                    if not sent:
                        ready.modify(connection, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    data = connection.recv(1 << 18)
                    assert data, "the end before the last answer"
                    received += data
    return received


def _silence() -> tuple[selectors.SelectorKey, int]:
    raise AssertionError("no answer comes")


def pipelined_and_unread(port: int, count: int, most: int) -> int:
    """They send requests as long as the server takes them and read no answer; how many bytes it took of all."""
    sent = request("GET /hello") * 100
    with connections(port, count, receive_buffer=4096) as opened:
        return sum(_each(opened, lambda connection: _until_blocked(connection, sent, most)))


def _until_blocked(connection: socket.socket, sent: bytes, most: int) -> int:
    connection.settimeout(0.5)
    taken = 0
    with contextlib.suppress(TimeoutError, ConnectionError):
        while taken < most:
            taken += connection.send(sent)
    return taken


def tiny_chunks(port: int, count: int, size: int, pieces: int, *, finished: bool) -> None:
    """Bodies in very many chunks of `size` bytes; those that are not finished are left with a reset."""
    body = chunked(*[b"x" * size] * pieces)

    def send(connection: socket.socket) -> None:
        connection.sendall(request("POST /raw", _RAW, "Transfer-Encoding: chunked"))
        connection.sendall(body if finished else body[:-5])
        if finished:
            connection.shutdown(socket.SHUT_WR)
            assert b'"length":%d' % (size * pieces) in _rest(connection)
        else:
            _leave(connection, END_BY_RESET)

    with connections(port, count) as opened:
        _each(opened, send)


def _each(opened: list[socket.socket], attack: Callable[[socket.socket], _T]) -> list[_T]:
    with ThreadPoolExecutor(32) as attackers:
        return list(attackers.map(attack, opened))


def _all(attack: Callable[[_T], None], each: Iterable[_T]) -> None:
    with ThreadPoolExecutor(32) as attackers:
        list(attackers.map(attack, each))
