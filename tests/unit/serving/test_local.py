"""A package called without a socket: the same routes, arguments, batches and answers as over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.packages import write_package

from hitless.errors import InputError
from hitless.serving.board import Cell, State
from hitless.serving.examples import form_body
from hitless.serving.lifecycle import Phase
from hitless.serving.local import Answer, LoadError, call, opened
from hitless.serving.options import Options
from hitless.serving.package import read_package
from hitless.serving.service import Service

EVENTS = {"Content-type": "text/event-stream"}
TEXT = {"Content-type": "text/plain"}


pytestmark = pytest.mark.usefixtures("own_imports")


MODEL = '''
import asyncio


class Model:
    """A method for each kind of answer."""

    def __init__(self, path):
        self.closed = []

    def predict(self, a: int, b: int = 1):
        return {"sum": a + b}

    def batch(self, a: list[int]):
        return [2 * number for number in a]

    batch.max_size = 8

    async def slow(self, a: int):
        await asyncio.sleep(0)
        return a

    def fail(self):
        raise RuntimeError("secret")

    def refuse(self):
        raise Refusal("not you")

    def stream(self, n: int):
        for number in range(n):
            yield {"n": number}

    async def events(self, n: int):
        for number in range(n):
            yield f"line\\n{number}"

    def breaks(self):
        yield "one"
        raise RuntimeError("in the middle")

    def breaks_first(self):
        raise Refusal("at once")
        yield

    def text(self):
        return "hü"

    def odd(self):
        return object()

    def leave(self):
        raise SystemExit(3)


class Refusal(Exception):
    status = 403
'''

NAMES = ("batch", "slow", "fail", "refuse", "stream", "events", "breaks", "breaks_first", "text", "odd", "leave")
APIS: list[dict[str, Any]] = [{"url": "/"}] + [
    {"url": f"/{name}", "response": {"events": EVENTS, "text": TEXT}.get(name, {})} for name in NAMES
]


def with_package(folder: Path, do: Callable[[Service], Awaitable[None]], model: str = MODEL, **more: Any) -> None:
    async def run() -> None:
        package = read_package(write_package(folder, model, **{"apis": APIS, **more}))
        async with opened(package, Options()) as service:
            await do(service)

    asyncio.run(asyncio.wait_for(run(), 30))


async def ask(service: Service, url: str, **fields: Any) -> Answer:
    return await call(service, "POST", url, content_type="application/json", body=json.dumps(fields).encode())


JSON, PROBLEM, OCTETS = "application/json", "application/problem+json", "application/octet-stream"


@pytest.mark.parametrize(
    ("url", "fields", "status", "content_type", "body"),
    [
        pytest.param("/", {"a": 1}, 200, JSON, b'{"sum":2}', id="json"),
        pytest.param("/batch", {"a": 4}, 200, JSON, b"8", id="batched"),
        pytest.param("/slow", {"a": 5}, 200, JSON, b"5", id="coroutine"),
        pytest.param("/text", {}, 200, "text/plain; charset=utf-8", "hü".encode(), id="text"),
        pytest.param("/stream", {"n": 2}, 200, OCTETS, b'{"n":0}\n{"n":1}\n', id="generator"),
        pytest.param("/stream", {"n": 0}, 200, OCTETS, b"", id="empty-generator"),
        pytest.param("/events", {"n": 1}, 200, "text/event-stream; charset=utf-8", b"data: line\ndata: 0\n\n",
                     id="events"),
        pytest.param("/", {"a": "x"}, 422, PROBLEM, b"Expected `int`", id="wrong-field"),
        pytest.param("/refuse", {}, 403, PROBLEM, b"not you", id="refusal-of-the-model"),
        pytest.param("/breaks_first", {}, 403, PROBLEM, b"at once", id="refusal-before-the-first-part"),
        pytest.param("/fail", {}, 500, PROBLEM, b"the server's log says why", id="exception"),
        pytest.param("/leave", {}, 500, PROBLEM, b"the server's log says why", id="exit-of-the-model"),
        pytest.param("/odd", {}, 500, PROBLEM, b"the server's log says why", id="result-without-a-json-form"),
        pytest.param("/nowhere", {}, 404, PROBLEM, b"/nowhere", id="unknown-url"),
    ],
)  # fmt: skip
def test_answers(tmp_path: Path, url: str, fields: dict[str, Any], status: int, content_type: str, body: bytes) -> None:
    async def do(service: Service) -> None:
        answer = await ask(service, url, **fields)
        assert (answer.status, answer.content_type, answer.complete) == (status, content_type, True)
        assert body in answer.body if status >= 400 else body == answer.body
        assert b"secret" not in answer.body
        assert service.row[Cell.IN_FLIGHT] == 0
        assert service.queued == 0

    with_package(tmp_path, do)


def test_a_stream_that_breaks_is_not_complete(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def do(service: Service) -> None:
        assert await ask(service, "/breaks") == Answer(200, OCTETS, b"one", complete=False)
        assert service.row[Cell.IN_FLIGHT] == 0

    with_package(tmp_path, do)
    assert "in the middle" in caplog.text


def test_what_the_model_raised_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def do(service: Service) -> None:
        answer = await ask(service, "/fail")
        [record] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert record.exc_info is not None
        assert "POST /fail: the model raised RuntimeError" in record.getMessage()
        assert vars(record)["request_id"] == json.loads(answer.body)["request_id"]

    with_package(tmp_path, do)


def test_many_at_once_are_one_batch(tmp_path: Path) -> None:
    async def do(service: Service) -> None:
        answers = await asyncio.gather(*(ask(service, "/batch", a=number) for number in range(20)))
        assert [answer.body for answer in answers] == [b"%d" % (2 * number) for number in range(20)]

    with_package(tmp_path, do)


def test_forms_queries_and_own_routes(tmp_path: Path) -> None:
    async def do(service: Service) -> None:
        content_type, body = form_body([("a", "1"), ("b", "2")])
        assert (await call(service, "POST", "/", content_type=content_type, body=body)).body == b'{"sum":3}'
        assert (await call(service, "POST", "/", query="a=1&b=4")).body == b'{"sum":5}'
        assert (await call(service, "GET", "/health")).body == b'{"health": "true"}'
        assert b"hitless_phase 1" in (await call(service, "GET", "/metrics")).body
        assert json.loads((await call(service, "GET", "/openapi.json")).body)["openapi"] == "3.1.0"
        assert (await call(service, "GET", "/")).status == 405

    with_package(tmp_path, do)


def test_an_open_package_serves(tmp_path: Path) -> None:
    async def do(service: Service) -> None:
        assert (service.board.phase, service.board.states()) == (Phase.READY, [State.SERVING])

    with_package(tmp_path, do)


async def nothing(service: Service) -> None:
    raise AssertionError("it is not to be opened")


def test_a_model_that_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="ZeroDivisionError: division by zero") as caught:
        with_package(tmp_path, nothing, model="class Model:\n    def __init__(self): 1 / 0\n")
    assert isinstance(caught.value.raised, ZeroDivisionError)
    assert [problem.id for problem in caught.value.problems] == ["PKG-8"]


def test_a_model_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="BIND-1"):
        with_package(tmp_path, nothing, model="class Model:\n    def other(self): pass\n")


class Broken:
    """A route that fails in a way that nobody has thought of."""

    metrics = None

    def check(self, exchange: Any, has_body: bool) -> None: ...

    def handle(self, exchange: Any) -> None:
        raise LookupError("ours")


def test_a_fault_of_ours_is_a_500_as_over_http(tmp_path: Path) -> None:
    async def do(service: Service) -> None:
        service.routes.find = lambda method, path: Broken()  # type: ignore[method-assign,assignment,return-value]
        assert (await ask(service, "/")).status == 500

    with_package(tmp_path, do)
