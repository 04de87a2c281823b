"""Where what one stage saw explains what another one did, the fault is the failure of one rule."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.checking.rules import dynamic_records as idle_and_stop
from tests.unit.checking.rules.dynamic_records import KEEP, failing, idle, stop, verdicts
from tests.unit.checking.rules.start_records import CONTRACT, begun, exchange, exited, logged, noted, seen, start
from tests.unit.checking.rules.test_termination import lose

from hitless.checking.events import Event, Exchange, Failure, Logged, Signalled, Stage
from hitless.checking.probes.purposes import (
    ANSWERING,
    HEALTHY,
    LARGE,
    LATE,
    LISTENING,
    READY,
    REST,
    SLOW,
    SLOWLY,
    START_API,
    START_HEALTH,
    STAYED,
    TRACE,
)
from hitless.checking.record import Opened, Record
from hitless.checking.rules.health import is_healthy_when_ready
from hitless.checking.rules.logs import logs_to_stdout
from hitless.checking.rules.run import is_ready_in_time, stays_up
from hitless.checking.verdict import Outcome

IDLE = Stage.KEEP_ALIVE
LAZY = ((5.0, True), (30.0, False), (198.0, False), (201.0, False))


def ended_in(stage: Stage, *more: Event) -> list[Event]:
    """An instance of another stage that was ready and ended by itself."""
    return [begun(stage), noted(READY, 3.0, stage=stage), exited(63.0, 5, stage=stage), *more]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        pytest.param([], Outcome.PASSED, id="it does not"),
        pytest.param([exited(8.5, 3)], Outcome.FAILED, id="when nobody asks"),
        pytest.param(ended_in(IDLE), Outcome.FAILED, id="while connections are idle"),
        pytest.param(ended_in(Stage.ROLLOUT), Outcome.FAILED, id="behind the balancer"),
        pytest.param(
            ended_in(Stage.STOP, Signalled(stage=Stage.STOP, at_s=10.0, instance="first", number=15)),
            Outcome.PASSED,
            id="told to",
        ),
        pytest.param(
            [begun(IDLE), noted(READY, 3.0, stage=IDLE), exited(9.0, 137, removed=True, stage=IDLE)],
            Outcome.PASSED,
            id="removed",
        ),
        pytest.param([begun(IDLE), exited(9.0, 1, stage=IDLE)], Outcome.PASSED, id="before it was ready"),
        pytest.param(
            [exchange(LARGE, 12.0, failure=Failure.RESET), exited(12.1, 9)], Outcome.NOT_APPLICABLE, id="of a request"
        ),
    ],
)
def test_an_end_that_nobody_asked_for(events: list[Event], outcome: Outcome) -> None:
    assert stays_up.judge(seen(*start(), *events)).outcome is outcome


def test_the_evidence_names_the_instance_and_its_last_words() -> None:
    said = Logged(stage=IDLE, at_s=62.0, instance="first", line="MemoryError", stream="stderr")
    verdict = stays_up.judge(seen(*start(), *ended_in(IDLE, said)))
    assert "63.0 s after its start" in verdict.message
    assert any("MemoryError" in one.what and one.stage == "keep-alive" for one in verdict.evidence)


def test_who_ends_by_itself_is_not_judged_for_idle_connections_nor_for_its_stop() -> None:
    events = [one for part in (idle(closes_at=60.0), stop(exit_s=1.0, until_s=1.0)) for one in entries(part)]
    alone: list[Event] = [begun(IDLE), noted(READY, 0.5, stage=IDLE), exited(61.0, 1, stage=IDLE)]
    found = idle_and_stop.record([*events, *alone])
    assert failing(idle_and_stop.record(events)) == ["HL701", "HL802"]
    assert failing(found) == []
    assert verdicts(found)["HL701"].outcome is verdicts(found)["HL802"].outcome is Outcome.UNPROVEN


def test_who_answers_too_late_is_late_whether_or_not_its_check_was_asked_again() -> None:
    """The check was asked for the last time just before, and then the time to watch was over."""
    refused = exchange(START_HEALTH, 90.0, 503, stage=Stage.START, method="GET")
    events = start(refused, noted(ANSWERING, 91.0), without=(START_HEALTH, HEALTHY, ANSWERING, READY))
    allowed_s = CONTRACT.health.worst_case_start_s + CONTRACT.health.timeout_s if CONTRACT.health else 0
    late = [noted(ANSWERING, allowed_s + 1.0) if one == noted(ANSWERING, 91.0) else one for one in events]
    found = seen(*late)
    assert is_ready_in_time.judge(found).outcome is Outcome.FAILED
    assert is_healthy_when_ready.judge(found).outcome is Outcome.NOT_APPLICABLE


def test_connections_that_end_with_their_server_are_not_those_of_one_that_keeps_none() -> None:
    found = idle_and_stop.record([*entries(idle(closes_at=0.01)), exited(3.0, 5, stage=IDLE)])
    assert failing(idle(closes_at=0.01)) == ["HL705"]
    assert failing(found) == []


def test_last_words_are_no_log() -> None:
    """An error on standard error, of one that does not even start, is no fault of its log."""
    nothing = (LISTENING, HEALTHY, ANSWERING, READY, STAYED, START_HEALTH, START_API, TRACE, "POST / 200", "starting")
    words = logged("ModuleNotFoundError", 0.2, "stderr")
    assert logs_to_stdout.judge(seen(*start(words, exited(0.3), without=nothing))).outcome is Outcome.NOT_APPLICABLE
    late = start(logged("GET", 8.1, "stderr"), without=("starting", "POST / 200"))
    assert logs_to_stdout.judge(seen(*late)).outcome is Outcome.FAILED


def entries(record: Record) -> list[Event]:
    return [one for one in record.entries if not isinstance(one, Opened)]  # type: ignore[misc]


SLOW_CUT = exchange(SLOWLY, 9.0, failure=Failure.CLOSED)


@pytest.mark.parametrize(
    ("stopped", "explained_by", "rule"),
    [
        pytest.param(stop(lose(Failure.CLOSED, LATE)), [SLOW_CUT], "HL806", id="cuts slow requests, the last too"),
        pytest.param(
            stop(lose(Failure.CLOSED, SLOW, from_s=-9, took_s=3)), [SLOW_CUT], "HL805", id="cuts slow requests"
        ),
        pytest.param(stop(lose(Failure.CLOSED, REST)), entries(idle(LAZY)), "HL804", id="loses idle connections"),
    ],
)
def test_a_loss_that_is_not_of_the_stop(stopped: Record, explained_by: list[Event], rule: str) -> None:
    assert failing(stopped) == [rule]
    found = idle_and_stop.record([*entries(stopped), *explained_by])
    assert rule not in failing(found)
    assert verdicts(found)[rule].outcome is Outcome.UNPROVEN


def test_http_1_0_ends_its_connections_without_a_word() -> None:
    def never_again(one: Exchange) -> Exchange:
        return msgspec.structs.replace(one, nth=1, headers=KEEP)

    found = verdicts(stop(never_again, closes=False))
    assert found["HL809"].outcome is Outcome.NOT_APPLICABLE
    assert verdicts(stop(closes=False))["HL809"].outcome is Outcome.FAILED
