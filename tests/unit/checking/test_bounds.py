"""The upper bound of a share, against published and worked figures."""

from __future__ import annotations

import math

import pytest

from hitless.checking.bounds import upper_bound


@pytest.mark.parametrize(
    ("failed", "total", "bound"),
    [
        pytest.param(0, 1_000_000, 2.995728e-06, id="none of a million: the rule of three"),
        pytest.param(0, 100, 0.029513, id="none of a hundred"),
        pytest.param(3, 100, 0.075711, id="three of a hundred"),
        pytest.param(50, 100, 0.586367, id="half"),
        pytest.param(1, 10, 0.394163, id="one of ten"),
        pytest.param(7, 7, 1.0, id="all"),
    ],
)
def test_clopper_pearson(failed: int, total: int, bound: float) -> None:
    assert upper_bound(failed, total) == pytest.approx(bound, rel=1e-4)


@pytest.mark.parametrize(("failed", "total"), [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_is_refused(failed: int, total: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        upper_bound(failed, total)


@pytest.mark.parametrize(("failed", "total"), [(1, 50), (173, 2_430), (40, 900)])
def test_at_the_bound_so_few_failures_have_five_percent(failed: int, total: int) -> None:
    share = upper_bound(failed, total)
    logs = (
        math.log(math.comb(total, k)) + k * math.log(share) + (total - k) * math.log1p(-share)
        for k in range(failed + 1)
    )
    assert math.fsum(math.exp(one) for one in logs) == pytest.approx(0.05, rel=1e-6)
