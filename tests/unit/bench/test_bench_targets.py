"""Whether a run shows what was to be reached."""

from __future__ import annotations

import pytest
from bench.serving.findings import Findings, Memory, Start
from bench.serving.servers import OURS, Size
from bench.serving.summary import Spread
from bench.serving.targets import Target, targets


def spread(median: float) -> Spread:
    return Spread(median, 0.0, 100.0, 5)


@pytest.mark.parametrize(
    ("at_least", "reached", "expected"),
    [
        pytest.param(True, spread(15.0), True, id="at least, just so"),
        pytest.param(True, spread(14.9), False, id="at least, missed"),
        pytest.param(False, spread(15.0), True, id="at most, just so"),
        pytest.param(False, spread(15.1), False, id="at most, missed"),
        pytest.param(True, None, None, id="not measured is neither"),
    ],
)
def test_target(at_least: bool, reached: Spread | None, expected: bool | None) -> None:
    assert Target("figure", 15.0, at_least, "×", reached).is_met is expected


def test_nothing_measured_meets_nothing_and_fails_nothing() -> None:
    assert {target.is_met for target in targets(Findings())} == {None}


def test_start_and_memory_are_judged_by_their_medians() -> None:
    findings = Findings(
        starts=[Start(OURS, Size.SMALL, number, seconds) for number, seconds in enumerate((0.4, 0.5, 3.0))],
        memory=[Memory(OURS, Size.SMALL, 1, 120.0)],
    )
    judged = {target.unit: target for target in targets(findings) if target.is_met is not None}

    assert (judged["s"].reached, judged["s"].is_met) == (Spread(0.5, 0.4, 3.0, 3), True)
    assert (judged["MiB"].reached, judged["MiB"].is_met) == (Spread(120.0, 120.0, 120.0, 1), False)
    assert judged.keys() == {"s", "MiB"}
