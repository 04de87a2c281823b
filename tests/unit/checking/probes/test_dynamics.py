"""The sums behind the dynamic stages: idle times, and which answers end a connection."""

from __future__ import annotations

import pytest

from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.keep_alive import idle_times
from hitless.checking.stopping import says_close


@pytest.mark.parametrize(
    ("wanted", "quick", "times"),
    [
        pytest.param(200, False, [5, 30, 60, 120, 198, 201, 210], id="the edition's 200 s"),
        pytest.param(200, True, [5, 7], id="quick: 7 s of 200"),
        pytest.param(3, True, [0.075, 0.45, 0.9, 1.8, 2.97, 3.015, 3.15], id="quick, of a time that is short anyway"),
    ],
)
def test_idle_times(wanted: float, quick: bool, times: list[float]) -> None:
    assert idle_times(wanted, quick=quick) == pytest.approx(times)


@pytest.mark.parametrize(
    ("headers", "closes"),
    [
        ((("connection", "close"),), True),
        ((("connection", "Keep-Alive, Close"),), True),
        ((("connection", "keep-alive"),), False),
        ((("x-connection", "close"),), False),
        ((), False),
    ],
)
def test_an_answer_that_ends_its_connection(headers: tuple[tuple[str, str], ...], closes: bool) -> None:
    one = Exchange(
        stage=Stage.STOP, at_s=0, until_s=1, purpose="", instance="", connection=1, nth=1, status=200, headers=headers
    )
    assert says_close(one) is closes
