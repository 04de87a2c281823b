"""Batches: what goes together, in which order, where it is called, and when it is given up.

Threads that wait for an event of the test stand for slow models.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.unit.serving.desk import LOOP, THREAD, Desk, doubled, doubled_later, turns, with_desk
from tests.unit.serving.stand_ins import exchange, with_service

from hitless.serving.options import Options
from hitless.serving.request import Rejected
from hitless.serving.service import Service

PLACES = [
    pytest.param(doubled, {"place": LOOP}, id="loop"),
    pytest.param(doubled, {"place": THREAD}, id="thread"),
    pytest.param(doubled_later, {"is_async": True}, id="task"),
]


# What goes together


@pytest.mark.parametrize(("call", "how"), PLACES)
@pytest.mark.parametrize(
    ("max_size", "sizes"),
    [
        pytest.param(10, [7], id="one-batch"),
        pytest.param(7, [7], id="exactly-full"),
        pytest.param(3, [3, 3, 1], id="several"),
        pytest.param(1, [1] * 7, id="one-by-one"),
        pytest.param(0, [1] * 7, id="not-batched"),
    ],
)
def test_what_is_ready_in_one_turn_goes_together(
    call: Callable[[Sequence[Any]], Any], how: dict[str, Any], max_size: int, sizes: list[int]
) -> None:
    async def do(desk: Desk) -> None:
        desk.put(*range(7))
        assert desk.service.queued == 7
        assert await desk.all() == [(number, 2 * number) for number in range(7)]
        assert desk.sizes == sizes

    with_desk(call, do, max_size=max_size, **how)


def test_nothing_is_called_before_the_turn_is_over() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1)
        desk.put(2)
        assert desk.delivered == []
        await turns(1)
        assert desk.sizes == [2]

    with_desk(doubled, do, max_size=8)


def test_while_the_model_is_busy_the_next_batch_gathers() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(batch: Sequence[int]) -> list[int]:
        begun.set()
        assert go_on.wait(10)
        return doubled(batch)

    async def do(desk: Desk) -> None:
        desk.put(0)
        await asyncio.to_thread(begun.wait, 10)
        for number in range(1, 6):
            desk.put(number)
            await turns(2)
        assert desk.sizes == []
        go_on.set()
        await desk.all()
        assert desk.sizes == [1, 5]
        assert [argument for argument, _ in desk.delivered] == list(range(6))

    with_desk(slow, do, THREAD, max_size=8)


def test_as_many_calls_at_once_as_there_are_threads() -> None:
    meet = threading.Barrier(2)  # each call waits for another: with one at a time, nobody would come

    def together(batch: Sequence[int]) -> list[int]:
        meet.wait(10)
        return doubled(batch)

    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3, 4)
        assert sorted(await desk.all()) == [(1, 2), (2, 4), (3, 6), (4, 8)]

    with_desk(together, do, THREAD, options=Options(threads=2), max_size=1)


def test_coroutines_run_beside_each_other() -> None:
    running, most = 0, 0

    async def waiting(batch: Sequence[int]) -> list[int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await turns(3)
        running -= 1
        return doubled(batch)

    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        await desk.all()

    with_desk(waiting, do, is_async=True)
    assert most == 3
    most = 0
    with_desk(waiting, do, is_async=True, max_size=2)  # but one batch at a time, so that the next can gather
    assert most == 1


def test_quick_methods_that_are_not_batched_leave_the_loop_its_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 5 ms of calls, others have theirs."""
    clock = iter(float(second) for second in range(1000))
    monkeypatch.setattr("hitless.serving.batching.time.perf_counter", lambda: next(clock))

    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        await turns(1)
        assert len(desk.delivered) == 1
        await desk.all()

    with_desk(doubled, do)


def test_a_model_moves_from_its_thread_into_the_loop() -> None:
    places: list[bool] = []

    def where(batch: Sequence[int]) -> list[int]:
        places.append(threading.current_thread() is threading.main_thread())
        return doubled(batch)

    async def do(desk: Desk) -> None:
        for number in range(1000):  # two quick calls in a row are enough, but this machine may be busy
            desk.done.clear()
            desk.put(number)
            await desk.all()
            if places[-1]:
                return

    with_desk(where, do, "auto", max_size=4)
    assert places[0] is False
    assert places[-1] is True


# max_wait


def test_a_small_batch_waits_and_a_full_one_does_not() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2)
        await turns(5)
        assert desk.sizes == []  # an hour to wait
        desk.put(3)
        await desk.all()
        assert desk.sizes == [3]

    with_desk(doubled, do, max_size=3, max_wait_s=3600.0)


def test_the_wait_ends() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2)
        assert await desk.all() == [(1, 2), (2, 4)]
        assert desk.sizes == [2]

    with_desk(doubled, do, max_size=3, max_wait_s=0.001)


def test_more_than_full_before_the_turn() -> None:
    async def do(desk: Desk) -> None:
        desk.put(*range(7))
        await turns(6)
        assert sum(desk.sizes) >= 6
        assert desk.sizes[:2] == [3, 3]
        await desk.all()

    with_desk(doubled, do, max_size=3, max_wait_s=0.05)


# Limits


def test_a_full_queue_refuses() -> None:
    async def do(desk: Desk) -> None:
        desk.put(1, 2, 3)
        with pytest.raises(Rejected) as caught:
            desk.batcher.put(exchange(service=desk.service))
        assert (caught.value.status, caught.value.headers) == (503, {"retry-after": "1"})
        await desk.all()
        desk.done.clear()
        desk.put(4)  # there is room again
        await desk.all()

    with_desk(doubled, do, options=Options(max_queue=3), max_size=8)


def test_the_queue_is_one_for_all_endpoints() -> None:
    async def do(service: Service) -> None:
        one, other = Desk(service, doubled, max_size=8), Desk(service, doubled, max_size=8)
        one.put(1, 2)
        with pytest.raises(Rejected):
            other.put(3)
        await one.all()

    with_service(do, options=Options(max_queue=2))


def test_work_of_clients_that_are_gone_is_dropped() -> None:
    async def do(desk: Desk) -> None:
        _, gone, _ = desk.put(1, 2, 3)
        gone.gone = True
        desk.expected = 2
        assert await desk.all() == [(1, 2), (3, 6)]
        assert desk.sizes == [2]
        assert not gone.begun

    with_desk(doubled, do, max_size=8)


def test_when_all_are_gone_nothing_is_called() -> None:
    async def do(desk: Desk) -> None:
        for one in desk.put(1, 2, 3):
            one.gone = True
        await turns(3)
        assert desk.sizes == []
        desk.expected = 1
        desk.put(4)
        desk.expected = 1
        assert await desk.all() == [(4, 8)]

    with_desk(doubled, do, max_size=2)


def test_begun_is_set_when_the_model_is_called() -> None:
    async def do(desk: Desk) -> None:
        [one] = desk.put(1)
        assert not one.begun
        await desk.all()
        assert one.begun

    with_desk(doubled, do, max_size=2)


# Giving up


def test_a_coroutine_can_be_cancelled() -> None:
    async def forever(batch: Sequence[int]) -> list[int]:
        await asyncio.Event().wait()
        return []

    async def do(desk: Desk) -> None:
        [one] = desk.put(1)
        await turns(2)
        assert one.cancel is not None
        one.cancel()
        [(_, result)] = await desk.all()
        assert isinstance(result, asyncio.CancelledError)

    with_desk(forever, do, is_async=True)


def test_a_batch_is_not_cancelled_for_one_of_its_requests() -> None:
    async def do(desk: Desk) -> None:
        one, _ = desk.put(1, 2)
        await turns(2)
        assert one.cancel is None
        await desk.all()

    with_desk(doubled_later, do, is_async=True, max_size=4)
