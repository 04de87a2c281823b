"""The table of rules/keep_alive.py on hand-made records."""

from __future__ import annotations

import pytest
from tests.unit.checking.rules.dynamic_records import CLOSE, KEEP, failing, idle, silent, verdicts

from hitless.checking.record import Record
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import PROFILES

LAZY = ((5, True), (30, False), (120, False), (198, False), (201, False), (210, False))  # ended, but only seen in use
NOT_QUITE = ((5, True), (120, True), (198, False), (201, False), (210, False))
EXACTLY = ((5, True), (120, True), (198, True), (201, False), (210, False))


@pytest.mark.parametrize(
    ("found", "fails", "says_nothing"),
    [
        pytest.param(idle(), [], ["HL704"], id="good"),
        pytest.param(idle(closes_at=5.0), ["HL701"], ["HL702", "HL704"], id="ends idle connections after 5 s"),
        pytest.param(idle(closes_at=75.0), ["HL701"], ["HL702", "HL704"], id="after 75 s"),
        pytest.param(idle(closes_at=198.5), ["HL701"], ["HL702", "HL704"], id="a little too early"),
        pytest.param(idle(closes_at=200.0), [], ["HL704"], id="exactly when the edition says"),
        pytest.param(idle(closes_at=199.98), [], ["HL704"], id="exactly, by the clock of the other side"),
        pytest.param(idle(LAZY), ["HL701"], ["HL702", "HL704"], id="resets the request after 30 s"),
        pytest.param(idle(NOT_QUITE), ["HL701"], ["HL702", "HL704"], id="resets the request after 198 s"),
        pytest.param(idle(EXACTLY, pool_kept=0), [], ["HL704"], id="resets the request after 200 s"),
        pytest.param(idle(pool_kept=10), [], ["HL704"], id="a pool that is reset after its time is none too short"),
        pytest.param(
            idle(headers=(*KEEP, ("keep-alive", "timeout=5, max=100"))), ["HL704"], [], id="promises 5 s, keeps more"
        ),
        pytest.param(idle(headers=(*KEEP, ("keep-alive", "timeout=210"))), [], [], id="promises 210 s"),
        pytest.param(
            idle(closes_at=5, headers=(*KEEP, ("keep-alive", "timeout=5"))),
            ["HL701"],
            ["HL702", "HL704"],
            id="promises 5 s and keeps its word",
        ),
        pytest.param(idle(closes_at=0.01, headers=CLOSE), ["HL705"], ["HL701", "HL702", "HL704"], id="says close"),
        pytest.param(idle(closes_at=0.01), ["HL705"], ["HL701", "HL702", "HL704"], id="closes without a word"),
    ],
)
def test_a_fault_is_the_failure_of_one_rule(found: Record, fails: list[str], says_nothing: list[str]) -> None:
    assert failing(found) == fails
    assert silent(found) == says_nothing


def test_a_pool_of_which_some_are_ended_early() -> None:
    good = idle()
    early = [one for one in idle(closes_at=3.0).entries if getattr(one, "connection", 0) in range(140, 150)]
    kept = [one for one in good.entries if getattr(one, "connection", 0) not in range(140, 150)]
    found = Record(good.opened, (*kept, *early))
    assert failing(found) == ["HL702"]
    assert verdicts(found)["HL702"].message == "10 of 50 pooled connections were not good"


class TestWatchedForAShortTime:
    WHY = "--quick: connections were left idle for 7 s of 200 s only"

    def test_what_was_not_waited_for_is_unproven(self) -> None:
        found = verdicts(idle([(5, True), (7, True)], pool=0, incomplete=self.WHY))
        assert found["HL701"].outcome is Outcome.UNPROVEN
        assert found["HL702"].outcome is Outcome.UNPROVEN
        assert found["HL705"].outcome is Outcome.PASSED

    def test_what_was_seen_fails(self) -> None:
        assert failing(idle([(5, True), (7, True)], pool=0, closes_at=2.0, incomplete=self.WHY)) == ["HL701"]


def test_an_edition_without_a_time_asks_for_nothing() -> None:
    found = verdicts(idle(closes_at=1.0), PROFILES["intl-2023"])
    assert {verdict.outcome for verdict in found.values()} == {Outcome.NOT_APPLICABLE}


def test_a_failure_tells_everything() -> None:
    verdict = verdicts(idle(closes_at=5.0))["HL701"]
    assert verdict.message == "an idle connection was ended after 5.0 s"
    assert verdict.evidence[0].what == "connection 2, idle for 5.0 s: it was ended"
    assert "sleep 198" in verdict.reproduce
