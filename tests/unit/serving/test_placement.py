"""Loop or thread: sequences of call times (seconds), and where the next call goes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hitless.serving.placement import Placement

QUICK, SLOW, AGES = 0.001, 0.06, 0.6
MIDDLING = 0.03  # too slow to move into the loop, not slow enough to leave it


@pytest.mark.parametrize(
    ("seconds", "in_loop"),
    [
        pytest.param([], False, id="begins-in-a-thread"),
        pytest.param([QUICK], False, id="one-quick-call-proves-nothing"),
        pytest.param([QUICK, QUICK], True, id="two-quick-calls"),
        pytest.param([AGES, QUICK, QUICK], True, id="a-slow-first-call-does-no-harm"),
        pytest.param([QUICK, MIDDLING, QUICK], False, id="quick-calls-in-a-row"),
        pytest.param([QUICK, QUICK, MIDDLING, MIDDLING, MIDDLING, MIDDLING], True, id="middling-may-stay"),
        pytest.param([QUICK, QUICK, SLOW, SLOW], True, id="two-slow-calls-are-the-machine"),
        pytest.param([QUICK, QUICK, SLOW, SLOW, QUICK, SLOW], True, id="slow-calls-in-a-row"),
        pytest.param([QUICK, QUICK, SLOW, SLOW, SLOW], False, id="three-slow-calls"),
        pytest.param([QUICK, QUICK, AGES], False, id="one-very-slow-call"),
        pytest.param([QUICK, QUICK, AGES] + [QUICK] * 15, False, id="the-way-back-is-longer"),
        pytest.param([QUICK, QUICK, AGES] + [QUICK] * 16, True, id="but-open"),
        pytest.param(([QUICK] * 2 + [AGES]) + ([QUICK] * 16 + [AGES]) + [QUICK] * 127, False, id="each-time-longer"),
        pytest.param(([QUICK] * 2 + [AGES]) + ([QUICK] * 16 + [AGES]) + [QUICK] * 128, True, id="by-eight"),
    ],
)
def test_auto(seconds: Sequence[float], in_loop: bool) -> None:
    placement = Placement()
    for call in seconds:
        before = placement.in_loop
        assert placement.took(call) is (placement.in_loop is not before)
    assert placement.in_loop is in_loop


@pytest.mark.parametrize(("choice", "in_loop"), [("loop", True), ("thread", False)])
def test_what_the_user_has_chosen_stays(choice: str, in_loop: bool) -> None:
    placement = Placement(choice)
    for call in [QUICK] * 5 + [AGES] * 5:
        assert placement.took(call) is False
        assert placement.in_loop is in_loop
