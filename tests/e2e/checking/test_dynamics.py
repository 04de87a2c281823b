"""Idle connections, SIGTERM under load, a rollout: real servers, each with one fault, fail exactly the rule of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.specimens.dynamic import Running
from tests.specimens.processes import FAULTS, site

from hitless.checking.events import Stage
from hitless.checking.probes.keep_alive import keep_alive
from hitless.checking.probes.recorder import Recorder
from hitless.checking.probes.rollout import rollout
from hitless.checking.probes.site import Site
from hitless.checking.probes.stages import Watch, watch
from hitless.checking.probes.stop import stop
from hitless.checking.record import Opened, Record, read_lines, to_lines
from hitless.checking.rule import Rule, Seen
from hitless.checking.rules import keep_alive as keep_alive_rules
from hitless.checking.rules import leaving, termination
from hitless.checking.rules import rollout as rollout_rules
from hitless.checking.verdict import Outcome, Verdict

pytestmark = pytest.mark.slow

STAGES: dict[Stage, Watch] = {Stage.KEEP_ALIVE: keep_alive, Stage.STOP: stop, Stage.ROLLOUT: rollout}
RULES = {
    one.id: one
    for module in (keep_alive_rules, termination, leaving, rollout_rules)
    for one in vars(module).values()
    if isinstance(one, Rule)
}


def looked(one: Site, *stages: Stage) -> Record:
    opened = Opened("subject", "package", "0", "2026-01-01T00:00:00Z", one.profile.name, "hitless", 0)
    recorder = Recorder(opened)
    asyncio.run(watch(one, recorder, [((stage,), STAGES[stage]) for stage in stages]))
    record = recorder.record()
    assert read_lines(to_lines(record), "again") == record
    return record


def verdicts(record: Record, one: Site) -> dict[str, Verdict]:
    seen = Seen(record, one.profile, one.purpose)
    return {
        identifier: found.judge(seen)
        for identifier, found in RULES.items()
        if not any(record.missing(stage) for stage in found.needs)
    }


def failing(record: Record, one: Site) -> dict[str, str]:
    return {key: one.message for key, one in verdicts(record, one).items() if one.outcome is Outcome.FAILED}


def stage_of(rule: str) -> Stage:
    return Stage.KEEP_ALIVE if rule.startswith("HL7") else Stage.STOP


@pytest.mark.parametrize(
    "one", [one for one in FAULTS if one.rule in RULES and one.rule != "HL901"], ids=lambda one: one.name
)
def test_a_fault_fails_its_rule_and_no_other(one: Running, tmp_path: Path) -> None:
    where = site(one.name, tmp_path)
    record = looked(where, stage_of(one.rule))
    assert [*failing(record, where)] == [one.rule], verdicts(record, where)


def test_a_subject_without_a_fault_passes_everything(tmp_path: Path) -> None:
    one = site("good", tmp_path)
    found = verdicts(looked(one, *STAGES), one)
    assert {key: (v.outcome, v.message) for key, v in found.items() if not v.outcome.conforms} == {}
    assert {key for key, v in found.items() if v.outcome is Outcome.NOT_APPLICABLE} == {"HL704"}
    assert set(found) == set(RULES)


def test_what_another_rule_explains_does_not_fail_the_rollout_as_well(tmp_path: Path) -> None:
    one = site("exits-at-once", tmp_path)
    found = verdicts(looked(one, Stage.STOP, Stage.ROLLOUT), one)
    assert found["HL802"].outcome is Outcome.FAILED
    assert found["HL901"].outcome is Outcome.UNPROVEN
    assert "HL802" in found["HL901"].message
    assert [key for key, verdict in found.items() if verdict.outcome is Outcome.FAILED] == ["HL802"]


def test_a_rollout_alone_shows_a_loss(tmp_path: Path) -> None:
    one = site("exits-at-once", tmp_path)
    found = verdicts(looked(one, Stage.ROLLOUT), one)
    assert found["HL901"].outcome is Outcome.FAILED
    assert any("old lost it" in line.what for line in found["HL901"].evidence)
