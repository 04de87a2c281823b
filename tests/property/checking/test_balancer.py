"""Whatever is sent through the balancer arrives once, as it was, and comes back as it was answered: on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from hitless.checking.events import Failure
from hitless.checking.probes.balancer import Balancer
from hitless.checking.probes.client import Answer, ask, connect
from hitless.checking.probes.request import Request
from hitless.engines.running import Address

EXAMPLES = 40
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    path=TOKENS.map("/{}".format),
    headers=st.lists(st.tuples(TOKENS.map("x-{}".format), TOKENS), max_size=5).map(tuple),
    body=st.binary(max_size=70_000),
)
STATUSES = st.sampled_from([200, 201, 204, 400, 404, 422, 500, 503])


class Backend:
    """Answers with the body that it got. `ends`: numbers of requests, of all that came, that it ends unanswered."""

    def __init__(self, ends: frozenset[int] = frozenset(), status: int = 200) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.heads: list[bytes] = []
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends = ends
        self._status = status

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Address]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)
        body = await reader.readexactly(length)
        self.heads.append(head)
        self.got.append((head.split(b" ")[1].decode(), body))
        if len(self.got) in self._ends:
            return False
        sized = b"" if self._status == 204 else b"Content-Length: %d\r\n" % len(body)
        writer.write(b"HTTP/1.1 %d Whatever\r\n%sX-Mark: 1\r\n\r\n" % (self._status, sized))
        if self._status != 204:
            writer.write(body)
        await writer.drain()
        return True


async def through(backends: dict[str, Backend], send: Callable[[Balancer, Address], Awaitable[None]]) -> None:
    balancer = Balancer(patience_s=30.0)
    async with contextlib.AsyncExitStack() as stack:
        for name, backend in backends.items():
            balancer.add(name, await stack.enter_async_context(backend.listening()))
        await send(balancer, await stack.enter_async_context(balancer.listening()))


@settings(max_examples=EXAMPLES)
@given(requests=st.lists(REQUESTS, min_size=1, max_size=4), status=STATUSES)
def test_a_request_arrives_as_it_was_and_its_answer_comes_back(requests: list[Request], status: int) -> None:
    backend = Backend(status=status)

    async def send(_: Balancer, address: Address) -> None:
        wire = await connect(address)
        for request in requests:
            answer = await ask(wire, request, 30.0)
            assert (answer.status, answer.header("x-mark")) == (status, "1")
            assert answer.size == (0 if status == 204 else len(request.body))
            assert answer.body == (b"" if status == 204 else request.body[:65_536])
        wire.close()

    asyncio.run(through({"one": backend}, send))
    assert backend.got == [(request.path, request.body) for request in requests]
    for request, head in zip(requests, backend.heads, strict=True):
        assert all(f"{name}: {value}".encode() in head for name, value in request.headers)
    assert backend.connections == 1


@settings(max_examples=EXAMPLES)
@given(count=st.integers(1, 12), ends=st.frozensets(st.integers(1, 12)), pooled=st.booleans())
def test_what_an_instance_loses_is_told_and_not_sent_again(count: int, ends: frozenset[int], pooled: bool) -> None:
    backend = Backend(ends)
    answers: list[Answer] = []

    async def send(_: Balancer, address: Address) -> None:
        wire = await connect(address)
        for number in range(count):
            request = Request("POST", f"/{number}", body=b"x")
            answers.append(await ask(wire if pooled else address, request, 30.0))
        wire.close()

    asyncio.run(through({"one": backend}, send))
    assert [path for path, _ in backend.got] == [f"/{number}" for number in range(count)]
    assert [one.status for one in answers] == [502 if number in ends else 200 for number in range(1, count + 1)]
    for one in answers:
        assert one.status == 200 or b"one lost it (closed" in one.body


@settings(max_examples=EXAMPLES)
@given(before=st.integers(0, 6), both=st.integers(0, 6), after=st.integers(0, 6))
def test_requests_go_to_those_that_are_there(before: int, both: int, after: int) -> None:
    old, new = Backend(), Backend()

    async def send(balancer: Balancer, address: Address) -> None:
        async with new.listening() as place:
            assert balancer.names == ("old",)
            await ask_all(address, before)
            balancer.add("new", place)
            await ask_all(address, both)
            balancer.remove("old")
            counted = len(old.got)
            await ask_all(address, after)
            assert len(old.got) == counted
            balancer.remove("new")
            assert (await ask(address, Request("GET", "/"), 30.0)).status == 503

    asyncio.run(through({"old": old}, send))
    assert len(old.got) + len(new.got) == before + both + after
    assert abs((len(old.got) - before) - (len(new.got) - after)) <= 1


async def ask_all(address: Address, count: int) -> None:
    answers = await asyncio.gather(*(ask(address, Request("GET", "/"), 30.0) for _ in range(count)))
    assert [one.status for one in answers] == [200] * count


def test_an_instance_that_is_gone_is_a_502() -> None:
    async def send(balancer: Balancer, address: Address) -> None:
        balancer.add("gone", Address("127.0.0.1", 1))
        answer = await ask(address, Request("GET", "/"), 30.0)
        assert answer.status == 502
        assert Failure.REFUSED.value.encode() in answer.body

    asyncio.run(through({}, send))


def test_a_request_under_way_is_answered_by_an_instance_that_was_removed() -> None:
    backend = Backend()

    async def send(balancer: Balancer, address: Address) -> None:
        asking = asyncio.create_task(ask(address, Request("POST", "/", body=b"x" * 60_000), 30.0, over_s=0.3))
        await ask(address, Request("GET", "/"), 30.0)
        while not balancer.names:
            await asyncio.sleep(0)
        answer = await asking
        assert answer.status == 200

    asyncio.run(through({"one": backend}, send))
    assert len(backend.got) == 2
