"""A waiver is told as not needed only where its rule was seen to be kept."""

from __future__ import annotations

import datetime

import pytest
from tests.unit.checking import sample_records as samples

from hitless.checking.judging import judge
from hitless.checking.rule import Purpose
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven
from hitless.checking.waivers import Waiver
from hitless.spec.profiles import DEFAULT

TODAY = datetime.date(2026, 11, 23)
WAIVER = Waiver("HL802", "for now", TODAY)


@pytest.mark.parametrize(
    ("verdict", "unused"),
    [
        (passed("yes"), (WAIVER,)),
        (not_applicable("there is none"), (WAIVER,)),
        (unproven("not seen"), ()),
        (failed("no", expected="yes", actual="no"), ()),
    ],
    ids=["passed", "not applicable", "unproven", "failed"],
)
def test_of_a_rule(verdict: Verdict, unused: tuple[Waiver, ...]) -> None:
    rules = [samples.made("HL802", "EXIT-2", verdict)]
    report = judge(samples.report().record, rules, DEFAULT, Purpose.HITLESS, waivers=[WAIVER], today=TODAY)
    assert report.unused == unused


def test_of_a_rule_that_is_left_out() -> None:
    report = judge(samples.report().record, [], DEFAULT, Purpose.HITLESS, waivers=[WAIVER], today=TODAY)
    assert report.unused == ()
