"""What is measured, in which order, and how long it takes."""

from __future__ import annotations

import pytest
from bench.serving import plan
from bench.serving.plan import Job, Plan
from bench.serving.servers import BOTH, Server, Size

ONE = Server("one", "One", "one", sizes=BOTH, usual_start_s=1.5)
TWO = Server("two", "Two", "two", usual_start_s=3.5)


def test_every_server_on_its_sizes_and_the_limit_of_each_size() -> None:
    assert plan.jobs((ONE, TWO), {Size.SMALL: (1, 64), Size.LARGE: (16,)}) == (
        Job(ONE, Size.SMALL, (1, 64)),
        Job(ONE, Size.LARGE, (16,)),
        Job(TWO, Size.SMALL, (1, 64)),
        Job(None, Size.SMALL),
        Job(None, Size.LARGE),
    )


def test_a_size_without_points_is_left_out() -> None:
    assert plan.jobs((ONE,), {Size.SMALL: (1,), Size.LARGE: ()}) == (Job(ONE, Size.SMALL, (1,)), Job(None, Size.SMALL))


@pytest.mark.parametrize(
    ("wanted", "only", "small", "large"),
    [
        pytest.param(None, None, (1, 16, 64, 256), (16, 64), id="the usual ones"),
        pytest.param({64, 8}, None, (8, 64), (64,), id="chosen ones, in order; of the large model its own only"),
        pytest.param({1}, None, (1,), (), id="none for the large model"),
        pytest.param(None, Size.LARGE, (), (16, 64), id="only the large model"),
        pytest.param({64}, Size.SMALL, (64,), (), id="only the small model"),
    ],
)
def test_connections(
    wanted: set[int] | None, only: Size | None, small: tuple[int, ...], large: tuple[int, ...]
) -> None:
    assert plan.connections(wanted, only) == {Size.SMALL: small, Size.LARGE: large}


def test_rounds_differ_in_order_and_a_seed_repeats_them() -> None:
    jobs = plan.jobs((ONE, TWO), plan.CONNECTIONS)
    first, again = (Plan(5, 3, 5, seed=7, jobs=jobs) for _ in range(2))

    orders = [first.order(number) for number in range(1, 6)]
    assert orders == [again.order(number) for number in range(1, 6)]
    assert all(set(order) == set(jobs) for order in orders)
    assert any(order != orders[0] for order in orders)


def test_estimate_of_a_worked_case() -> None:
    """2 rounds × (1.5 s start + 0.5 s around + 2 points × (1 + 3 + 0.4) s) and 3 more starts of 2 s each."""
    planned = Plan(2, 3, 5, seed=7, jobs=(Job(ONE, Size.SMALL, (1, 64)),))
    assert planned.seconds_in_all() == pytest.approx(2 * (1.5 + 0.5 + 2 * 4.4) + 3 * 2.0)


def test_estimate_of_the_limit_counts_each_number_of_processes() -> None:
    planned = Plan(3, 3, 3, seed=7, jobs=(Job(None, Size.LARGE),))
    assert planned.seconds_in_all() == pytest.approx(3 * 2 * (1.5 + 1.0))
