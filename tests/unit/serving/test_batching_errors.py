"""What goes wrong in a batch is the affair of one request: exceptions, panics, wrong lengths, stuck answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.desk import LOOP, THREAD, Desk, doubled, doubled_later, turns, with_desk
from tests.unit.serving.stand_ins import with_service

from hitless.serving.batching import WrongLengthError
from hitless.serving.exchange import Exchange
from hitless.serving.service import Service


class Bad(Exception):  # noqa: N818
    status = 422


def fails_on(*guilty: Any, error: Callable[[], BaseException] = Bad) -> Callable[[Sequence[Any]], Any]:
    def call(batch: Sequence[Any]) -> Any:
        if any(argument in guilty for argument in batch):
            raise error()
        return doubled(batch)

    return call


def later(call: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Awaitable[Any]]:
    async def awaited(batch: Sequence[Any]) -> Any:
        await asyncio.sleep(0)
        return call(batch)

    return awaited


ERROR_PLACES = [
    pytest.param(lambda call: call, {"place": LOOP}, id="loop"),
    pytest.param(lambda call: call, {"place": THREAD}, id="thread"),
    pytest.param(later, {"is_async": True}, id="task"),
]


@pytest.mark.parametrize(("wrapped", "how"), ERROR_PLACES)
@pytest.mark.parametrize("error", [Bad, ValueError, SystemExit, StopIteration, RecursionError, MemoryError])
def test_only_the_guilty_pays(wrapped: Callable[[Any], Any], how: dict[str, Any], error: type[BaseException]) -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3, 4)
        results = dict(await desk.all())
        assert {argument: results[argument] for argument in (1, 3, 4)} == {1: 2, 3: 6, 4: 8}
        assert isinstance(results[2], RuntimeError if how.get("is_async") and error is StopIteration else error)
        assert desk.sizes == [4]

    with_desk(wrapped(fails_on(2, error=error)), do, max_size=8, **how)


@pytest.mark.parametrize(("wrapped", "how"), ERROR_PLACES)
@pytest.mark.parametrize("max_size", [0, 1, 8])
def test_an_error_of_one_alone(wrapped: Callable[[Any], Any], how: dict[str, Any], max_size: int) -> None:
    async def do(desk: Desk) -> None:
        desk.put(2)
        [(argument, result)] = await desk.all()
        assert (argument, type(result)) == (2, Bad)

    with_desk(wrapped(fails_on(2)), do, max_size=max_size, **how)


class Panic(BaseException):
    """As pyo3's PanicException: what a library in Rust raises is no Exception."""


@pytest.mark.parametrize(("wrapped", "how"), ERROR_PLACES)
def test_a_panic_is_an_answer_too(wrapped: Callable[[Any], Any], how: dict[str, Any]) -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2)
        assert [type(result) for _, result in await desk.all()] == [int, Panic]

    with_desk(wrapped(fails_on(2, error=Panic)), do, max_size=8, **how)


def test_a_batched_coroutine_that_fails_before_it_is_awaited() -> None:
    def checked_first(batch: Sequence[int]) -> Awaitable[list[int]]:
        if 2 in batch:
            raise Bad
        return doubled_later(batch)

    async def do(desk: Desk) -> None:
        desk.put(1, 2)
        assert [type(result) for _, result in await desk.all()] == [int, Bad]

    with_desk(checked_first, do, max_size=8, is_async=True)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        pytest.param([1, 2, 3, 4], "not a list of 4", id="too-long"),
        pytest.param([], "not a list of 0", id="empty"),
        pytest.param(None, "not a NoneType", id="none"),
        pytest.param(5, "not a int", id="number"),
        pytest.param("abc", "not a str", id="text-of-the-right-length"),
        pytest.param(b"abc", "not a bytes", id="bytes-of-the-right-length"),
        pytest.param({1: 1, 2: 2, 3: 3}, "not a dict", id="dict-of-the-right-length"),
        pytest.param(np.zeros((2, 3)), "not a ndarray of 2", id="array-of-another-length"),
    ],
)
@pytest.mark.parametrize("place", [LOOP, THREAD])
def test_wrong_lengths(result: Any, words: str, place: str) -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        await desk.all()
        assert {type(got) for got in desk.results} == {WrongLengthError}
        assert words in str(desk.results[0])

    with_desk(lambda batch: result, do, place, max_size=8)


def test_a_wrong_length_is_repeated_one_by_one() -> None:
    """A method that drops what it dislikes is right as long as it dislikes nothing."""

    def only_small(batch: Sequence[int]) -> list[int]:
        return doubled([number for number in batch if number < 3])

    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        assert [type(result) for _, result in await desk.all()] == [int, int, WrongLengthError]

    with_desk(only_small, do, max_size=8)


@pytest.mark.parametrize(
    "results",
    [
        pytest.param([10, 20, 30], id="list"),
        pytest.param((10, 20, 30), id="tuple"),
        pytest.param(np.array([10, 20, 30]), id="array"),
        pytest.param(range(10, 40, 10), id="range"),
        pytest.param((number for number in (10, 20, 30)), id="generator"),
    ],
)
def test_right_lengths(results: Any) -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        assert await desk.all() == [(1, 10), (2, 20), (3, 30)]

    with_desk(lambda batch: results, do, max_size=8)


def test_the_rows_of_an_array_are_the_results() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2)
        assert [result.tolist() for _, result in await desk.all()] == [[1, 2], [3, 4]]

    with_desk(lambda batch: np.array([[1, 2], [3, 4]]), do, max_size=8)


class Table:
    """As a DataFrame: its length is that of its rows, and going through it gives the names of its columns."""

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Any:
        return iter(["a", "b"])


def test_a_result_that_only_looks_like_a_list() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        assert {type(result) for _, result in await desk.all()} == {WrongLengthError}

    with_desk(lambda batch: Table(), do, max_size=8)


def test_an_exception_in_the_list_is_the_answer_to_one() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        await desk.all()
        assert [type(result) for result in desk.results] == [int, Bad, int]
        assert desk.sizes == [3]

    with_desk(lambda batch: [10, Bad("no"), 30], do, max_size=8)


def test_one_answer_that_cannot_be_sent_spoils_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def run(service: Service) -> None:
        sent: list[int] = []

        def deliver(one: Exchange, result: int) -> None:
            if result == 4:
                raise RuntimeError("wire")
            sent.append(result)

        desk = Desk(service, doubled, max_size=8, deliver=deliver)
        first, second, third = desk.put(1, 2, 3)
        await turns(3)
        assert sent == [2, 6]
        answer = await asyncio.wait_for(second.connection.answer, 10)  # type: ignore[attr-defined]
        assert answer.status == 500
        assert not first.connection.answer.done()  # type: ignore[attr-defined]
        assert not third.connection.answer.done()  # type: ignore[attr-defined]

    with_service(run)
    assert "an answer could not be sent" in caplog.text
