"""The back-off of a worker that dies, and when it counts as one that cannot come up."""

from __future__ import annotations

import pytest

from hitless.serving.restarts import Restarts


def test_waits_grow_up_to_a_limit() -> None:
    record = Restarts()
    waits = [record.died() for _ in range(12)]
    assert waits == pytest.approx([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15, 15])


def test_a_crash_loop_may_last_for_days() -> None:
    record = Restarts(deaths=20_000)
    assert record.died() == 15


@pytest.mark.parametrize(
    ("deaths", "crash_loop"), [(0, False), (1, False), (2, False), (3, True), (4, True)], ids=lambda value: str(value)
)
def test_crash_loop(deaths: int, crash_loop: bool) -> None:
    assert Restarts(deaths).crash_loop is crash_loop


@pytest.mark.parametrize(
    ("seconds", "deaths"),
    [pytest.param(30.0, 3, id="not-yet"), pytest.param(30.5, 0, id="has-recovered")],
)
def test_a_worker_that_has_served_for_a_while_starts_afresh(seconds: float, deaths: int) -> None:
    record = Restarts(deaths=3)
    record.served(seconds)
    assert record.deaths == deaths
    assert record.crash_loop is bool(deaths)


def test_the_first_return_is_at_once_again_after_recovery() -> None:
    record = Restarts(deaths=9)
    record.served(60)
    assert record.died() == 0
