"""A record in which a stage says that it was seen, and nothing else: every rule and figure still has a word for it."""

from __future__ import annotations

import datetime

import pytest
from tests.unit.checking.rules.dynamic_records import OPENED_LINE

from hitless.checking.events import Ended, Stage
from hitless.checking.judging import judge
from hitless.checking.record import Record
from hitless.checking.report import Conclusion
from hitless.checking.rule import Purpose, Seen
from hitless.checking.rules.catalogue import RULES
from hitless.checking.rules.figures import figures
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import PROFILES, Profile


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
@pytest.mark.parametrize("purpose", Purpose)
def test_no_rule_breaks_and_nothing_is_proven(profile: Profile, purpose: Purpose) -> None:
    record = Record(OPENED_LINE, (OPENED_LINE, *(Ended(stage=stage, at_s=1.0) for stage in Stage)))
    report = judge(record, RULES.values(), profile, purpose, today=datetime.date(2026, 1, 1))
    broken = {one.rule.id: one.verdict.message for one in report.judged if one.verdict.outcome is Outcome.ERROR}
    assert broken == {}
    assert report.conclusion is Conclusion.UNDECIDED
    assert figures(Seen(record, profile, purpose)) == {}
