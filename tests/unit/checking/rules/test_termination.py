"""The table of rules/termination.py, row by row, on hand-made records; and what the verdicts tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from tests.unit.checking.rules.dynamic_records import CLOSE, SIGTERM_S, failing, silent, stop, verdicts

from hitless.checking.events import Exchange, Failure, Noted, Stage
from hitless.checking.probes.purposes import FRESH, LATE, POOLED, PULSE, REST, SIGTERM_SENT, SLOW
from hitless.checking.record import Record
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import DEFAULT, PROFILES

OTC = PROFILES["otc"]
LATER = ("HL803", "HL804", "HL805", "HL806", "HL808", "HL809")


def lose(
    failure: Failure | None,
    *purposes: str,
    nth: int | None = None,
    took_s: float = 0.01,
    status: int = 0,
    from_s: float = 0.0,
    to_s: float = 99.0,
) -> Callable[[Exchange], Exchange]:
    """Requests of these purposes, sent so long after SIGTERM, are lost in this way."""

    def change(one: Exchange) -> Exchange:
        hit = one.purpose in purposes and from_s <= one.at_s - SIGTERM_S <= to_s and nth in (None, one.nth)
        until_s = one.at_s + took_s
        return msgspec.structs.replace(one, failure=failure, status=status, until_s=until_s) if hit else one

    return change


def gone(after_s: float) -> Callable[[Exchange], Exchange]:
    """It has left: what is sent afterwards is refused, what is under way is reset."""

    def change(one: Exchange) -> Exchange:
        left_s = SIGTERM_S + after_s
        if one.at_s >= left_s:
            return msgspec.structs.replace(one, failure=Failure.REFUSED, status=0)
        if one.until_s > left_s:
            return msgspec.structs.replace(one, failure=Failure.RESET, status=0, until_s=left_s)
        return one

    return change


ROWS: list[tuple[str, Callable[[], Record], list[str], list[str]]] = [
    ("good", stop, [], []),
    (
        "serves on as if nothing had happened",
        lambda: stop(exit_s=None, closes=False, health_turns=False),
        ["HL801"],
        ["HL807", "HL808", "HL809", "HL811"],
    ),
    ("leaves at once", lambda: stop(gone(0.1), exit_s=0.1, until_s=1), ["HL802"], list(LATER)),
    ("killed by the signal", lambda: stop(gone(0.05), exit_s=0.05, code=143, until_s=1), ["HL802"], list(LATER)),
    ("crashes on the signal", lambda: stop(gone(0.05), exit_s=0.05, code=1, until_s=1), ["HL802"], list(LATER)),
    ("leaves after 30 s", lambda: stop(gone(30), exit_s=30, until_s=31), ["HL802"], list(LATER)),
    (
        "closes its port, leaves after 5 s",
        lambda: stop(lose(Failure.REFUSED, FRESH), exit_s=5, until_s=6),
        ["HL802"],
        list(LATER),
    ),
    (
        "turns new connections away: refused",
        lambda: stop(lose(Failure.REFUSED, FRESH, LATE, nth=1)),
        ["HL803"],
        ["HL804", "HL806"],
    ),
    (
        "turns new connections away: accepted and ended",
        lambda: stop(lose(Failure.CLOSED, FRESH)),
        ["HL803"],
        ["HL804", "HL806"],
    ),
    (
        "turns everything away",
        lambda: stop(lose(Failure.RESET, FRESH, POOLED)),
        ["HL803"],
        ["HL804", "HL806"],
    ),
    (
        "closes its port 50 s after SIGTERM",
        lambda: stop(lose(Failure.REFUSED, FRESH, LATE, from_s=50)),
        ["HL803"],
        ["HL804", "HL806"],
    ),
    (
        "ends pooled connections under a request",
        lambda: stop(lose(Failure.RESET, POOLED)),
        ["HL804"],
        ["HL806"],
    ),
    ("cuts what is in flight", lambda: stop(lose(Failure.RESET, SLOW, from_s=-3, took_s=2.1)), ["HL805"], ["HL806"]),
    ("cuts answers short", lambda: stop(lose(Failure.CUT, FRESH, to_s=3)), ["HL805"], ["HL806"]),
    ("answers 503", lambda: stop(lose(None, FRESH, POOLED, status=503)), ["HL805"], ["HL806"]),
    ("answers 404", lambda: stop(lose(None, POOLED, status=404)), ["HL805"], ["HL806"]),
    ("falls silent", lambda: stop(lose(Failure.SILENT, FRESH, POOLED, LATE, took_s=30)), ["HL805"], ["HL806"]),
    (
        "falls silent, and resets everything as it leaves",
        lambda: stop(lambda one: msgspec.structs.replace(one, failure=Failure.RESET, status=0, until_s=SIGTERM_S + 61)
                     if one.at_s >= SIGTERM_S and one.purpose in (FRESH, POOLED, LATE) else one),
        ["HL805"],
        ["HL806"],
    ),
    ("leaves with a request in flight", lambda: stop(lose(Failure.RESET, LATE, took_s=2)), ["HL806"], []),
    ("stays for ever", lambda: stop(exit_s=None), ["HL807"], ["HL808", "HL811"]),
    (
        "says something and stays for ever",
        lambda: stop(exit_s=None, closes=False, health_turns=False, lines=[(0.1, "received SIGTERM")]),
        ["HL807", "HL809"],
        ["HL808", "HL811"],
    ),
    ("leaves after the deadline", lambda: stop(exit_s=93.0), ["HL807"], ["HL811"]),
    ("leaves with code 1", lambda: stop(code=1), ["HL808"], []),
    ("leaves with code 137", lambda: stop(code=137), ["HL808"], []),
    ("leaves with code 143", lambda: stop(code=143), [], []),
    ("never says close", lambda: stop(closes=False), ["HL809"], []),
    ("leaves just before the deadline", lambda: stop(exit_s=89.9), ["HL811"], []),
    ("is asked late, when it may refuse", lambda: stop(lose(Failure.REFUSED, FRESH, from_s=59, took_s=1.2)), [], []),
    ("has a positive health check to the end", lambda: stop(health_turns=False), [], []),
    ("has no health check", lambda: stop(lambda one: None if one.purpose == PULSE else one), [], []),
]  # fmt: skip


@pytest.mark.parametrize(("made", "fails", "says_nothing"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_fault_is_the_failure_of_one_rule(
    made: Callable[[], Record], fails: list[str], says_nothing: list[str]
) -> None:
    found = made()
    assert failing(found) == fails
    assert silent(found) == says_nothing


def test_every_failure_tells_what_was_expected_what_was_seen_and_how_to_see_it_again() -> None:
    for name, made, fails, _ in ROWS:
        for key in fails:
            verdict = verdicts(made())[key]
            assert verdict.expected, name
            assert verdict.actual, name
            assert verdict.evidence, name
            assert "docker kill --signal TERM" in verdict.reproduce, name


def test_the_evidence_of_lost_requests() -> None:
    found = verdicts(stop(lose(Failure.RESET, POOLED, from_s=2, to_s=2.5)))["HL804"]
    assert found.evidence[0].what == "SIGTERM was sent"
    assert found.evidence[1].what == (
        "2.25 s after SIGTERM, POST / on connection 104, used again (request 2): reset after 0.01 s"
    )
    assert found.evidence[1].at_s == 12.25
    assert found.evidence[-1].what == "it left with code 0, 61.00 s after SIGTERM"


def test_only_the_first_few_lost_requests_are_shown() -> None:
    found = verdicts(stop(lose(Failure.REFUSED, FRESH)))["HL803"]
    assert len(found.evidence) == 1 + 5 + 1 + 1
    assert found.evidence[6].what == "and 115 more"
    assert found.actual == "120 refused"


def test_none_of_n_with_its_bound() -> None:
    assert verdicts(stop())["HL805"].message == "0 of 243 requests failed, 95 % upper bound 1.2 %"


def test_requests_that_were_turned_away_are_not_counted_as_received() -> None:
    found = verdicts(stop(lose(Failure.REFUSED, FRESH)))["HL805"]
    assert found.outcome is Outcome.PASSED
    assert found.message.startswith("0 of 123 requests failed")


def test_a_load_that_fails_before_sigterm_proves_nothing() -> None:
    found = stop(lose(Failure.SILENT, FRESH, POOLED, from_s=-3))
    assert verdicts(found)["HL805"].outcome is Outcome.UNPROVEN
    assert failing(found) == []


def test_a_subject_that_always_answers_4xx_loses_nothing() -> None:
    always = lose(None, FRESH, POOLED, status=422, from_s=-9)
    assert failing(stop(always)) == []


class TestAnEditionThatAcceptsAnEarlyEnd:
    def test_leaving_early_without_a_loss_is_fine(self) -> None:
        found = stop(lambda one: one if one.at_s < SIGTERM_S + 1 else None, exit_s=5, until_s=1)
        assert failing(found, OTC) == []
        assert verdicts(found, OTC)["HL802"].outcome is Outcome.PASSED

    def test_refused_requests_are_not_received(self) -> None:
        found = stop(lose(Failure.REFUSED, FRESH, POOLED), exit_s=5, until_s=6)
        assert failing(found, OTC) == []

    def test_a_request_that_is_cut_is_lost(self) -> None:
        found = stop(gone(0.1), exit_s=0.1, until_s=1)
        assert failing(found, OTC) == ["HL805"]


def test_an_edition_without_times_asks_for_nothing() -> None:
    found = verdicts(stop(gone(0.1), exit_s=0.1), PROFILES["intl-2023"])
    assert {verdict.outcome for verdict in found.values()} == {Outcome.NOT_APPLICABLE}


def test_the_times_are_those_of_the_edition() -> None:
    assert failing(stop(exit_s=61), replace(DEFAULT, linger_s=70)) == ["HL802"]
    assert failing(stop(exit_s=61), replace(DEFAULT, deadline_s=50)) == ["HL807"]


class TestWatchedForAShortTime:
    """--quick: what was not seen is unproven, what was seen can fail."""

    WHY = "--quick: watched for 8 s after SIGTERM only"

    def test_nothing_passes_that_needs_the_rest(self) -> None:
        found = stop(exit_s=None, until_s=8, watched_s=8, incomplete=self.WHY)
        passed = {key for key, one in verdicts(found).items() if one.outcome is Outcome.PASSED}
        assert passed == {"HL801", "HL809"}  # it reacts, and says close: that was seen
        assert failing(found) == []

    def test_one_that_shows_nothing_is_not_called_deaf(self) -> None:
        found = stop(exit_s=None, until_s=8, watched_s=8, incomplete=self.WHY, closes=False, health_turns=False)
        assert verdicts(found)["HL801"].outcome is Outcome.UNPROVEN
        assert failing(found) == []

    @pytest.mark.parametrize(
        ("found", "fails"),
        [
            (stop(gone(0.1), exit_s=0.1, until_s=1), "HL802"),
            (stop(lose(Failure.REFUSED, FRESH), exit_s=None, until_s=8, watched_s=8, incomplete=WHY), "HL803"),
            (stop(lose(Failure.RESET, POOLED), exit_s=None, until_s=8, watched_s=8, incomplete=WHY), "HL804"),
            (stop(lose(Failure.CUT, FRESH), exit_s=None, until_s=8, watched_s=8, incomplete=WHY), "HL805"),
        ],
        ids=["left", "refused", "reset", "cut"],
    )
    def test_what_was_seen_fails(self, found: Record, fails: str) -> None:
        assert failing(found) == [fails]


def test_a_subject_without_keep_alive_need_not_say_close() -> None:
    found = stop(lambda one: msgspec.structs.replace(one, headers=CLOSE))
    assert verdicts(found)["HL809"].outcome is Outcome.NOT_APPLICABLE


def test_an_answer_from_the_moment_of_the_signal_shows_nothing_of_its_headers() -> None:
    """The server has not noticed the signal yet: what it says later is what counts."""
    cut = lose(Failure.CUT, FRESH, POOLED, REST, LATE, from_s=0.3)
    found = stop(cut, closes=False)
    assert verdicts(found)["HL805"].outcome is Outcome.FAILED
    assert verdicts(found)["HL809"].outcome is Outcome.UNPROVEN


def test_what_was_sent_too_late_by_a_busy_machine_is_no_loss() -> None:
    """Due in time, sent when the subject had left as it may: the fault is the check's own."""

    def stalled(one: Exchange) -> Exchange:
        is_hit = one.purpose in (FRESH, POOLED, REST, LATE) and one.at_s - SIGTERM_S > 55
        late_s = SIGTERM_S + 61.5 - one.at_s
        until_s = SIGTERM_S + 62
        lost = msgspec.structs.replace(one, late_s=late_s, until_s=until_s, failure=Failure.CLOSED, status=0)
        return lost if is_hit else one

    assert failing(stop(stalled)) == []
    assert verdicts(stop(stalled))["HL806"].outcome is Outcome.UNPROVEN


def stretched(purpose: str, **changes: object) -> Callable[[Exchange], Exchange]:
    """The check itself stood still for 2.5 s within these bodies."""

    def change(one: Exchange) -> Exchange:
        return msgspec.structs.replace(one, stretched_s=2.5, **changes) if one.purpose == purpose else one

    return change


def test_a_body_that_a_busy_machine_sent_too_slowly_is_no_loss() -> None:
    """The subject has a right to leave before it would have ended."""
    cut = {"until_s": SIGTERM_S + 65, "status": 0, "failure": Failure.CUT}
    found = stop(stretched(LATE, **cut))
    assert failing(found) == []
    assert verdicts(found)["HL806"].outcome is Outcome.UNPROVEN


@pytest.mark.parametrize(
    ("purpose", "changes", "fails"),
    [
        pytest.param(SLOW, {"status": 0, "failure": Failure.CUT}, "HL805", id="in flight at SIGTERM"),
        pytest.param(LATE, {"status": 500, "until_s": SIGTERM_S + 65}, "HL806", id="answered 500"),
        pytest.param(
            LATE, {"status": 0, "failure": Failure.CUT, "until_s": SIGTERM_S + 60.1}, "HL806", id="as the linger ends"
        ),
    ],
)
def test_a_busy_machine_excuses_nothing_else(purpose: str, changes: dict[str, object], fails: str) -> None:
    assert failing(stop(stretched(purpose, **changes))) == [fails]


def test_what_was_sent_too_late_and_answered_all_the_same_is_proof_enough() -> None:
    found = stop(lambda one: msgspec.structs.replace(one, late_s=1.2) if one.purpose == LATE else one)
    assert verdicts(found)["HL806"].outcome is Outcome.PASSED


@pytest.mark.parametrize("sent_s", [-0.01, 0.01])
def test_a_connection_from_the_moment_of_the_signal_belongs_to_what_else_is_lost(sent_s: float) -> None:
    def change(one: Exchange) -> Exchange:
        if one.purpose == FRESH and one.at_s == SIGTERM_S:
            until_s = SIGTERM_S + 0.02
            return msgspec.structs.replace(
                one, at_s=SIGTERM_S + sent_s, until_s=until_s, failure=Failure.RESET, status=0
            )
        return refuse(one)

    refuse = lose(Failure.REFUSED, FRESH)
    assert failing(stop(change)) == ["HL803"]
    alone = stop(lambda one: change(one) if one.at_s == SIGTERM_S else one)
    assert failing(alone) == ["HL805"]


@pytest.mark.parametrize(("begun_s", "sent_s", "fails"), [
    pytest.param(-0.1, 0.42, "HL805", id="accepted-before-it-came-and-sent-after"),
    pytest.param(0.3, 0.31, "HL805", id="while-it-was-on-its-way"),
    pytest.param(0.45, 0.46, "HL803", id="after-it"),
])  # fmt: skip
def test_the_moment_lasts_until_the_signal_was_delivered(begun_s: float, sent_s: float, fails: str) -> None:
    def change(one: Exchange) -> Exchange:
        if one.purpose != FRESH or one.at_s != SIGTERM_S:
            return one
        at_s, late_s = SIGTERM_S + begun_s, sent_s - begun_s
        return msgspec.structs.replace(
            one, at_s=at_s, late_s=late_s, until_s=at_s + late_s + 0.02, failure=Failure.CLOSED, status=0
        )

    found = stop(change)
    delivered = Noted(stage=Stage.STOP, at_s=SIGTERM_S + 0.18, what=SIGTERM_SENT)
    assert failing(Record(found.opened, (*found.entries, delivered))) == [fails]


@pytest.mark.parametrize("sent_s", [-0.01, 0.01])
def test_a_pooled_connection_in_the_moment_of_the_signal_as_well(sent_s: float) -> None:
    def change(one: Exchange) -> Exchange:
        if one.purpose == POOLED and one.at_s == SIGTERM_S + 0.25:
            at_s, until_s = SIGTERM_S + sent_s, SIGTERM_S + 0.02
            return msgspec.structs.replace(one, at_s=at_s, until_s=until_s, failure=Failure.CLOSED, status=0)
        return one

    ends = lose(Failure.CLOSED, POOLED, from_s=1)
    assert failing(stop(change)) == ["HL805"]
    assert failing(stop(lambda one: ends(change(one)))) == ["HL804"]
