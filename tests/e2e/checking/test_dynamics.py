"""Idle connections, SIGTERM under load, a rollout: real servers, each with one fault, fail exactly the rule of it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hitless.checking.events import Stage
from hitless.checking.probes.keep_alive import keep_alive
from hitless.checking.probes.recorder import Recorder
from hitless.checking.probes.rollout import rollout
from hitless.checking.probes.site import Site
from hitless.checking.probes.stages import Watch, watch
from hitless.checking.probes.stop import stop
from hitless.checking.record import Opened, Record, read_lines, to_lines
from hitless.checking.rule import Purpose, Rule, Seen
from hitless.checking.rules import keep_alive as keep_alive_rules
from hitless.checking.rules import leaving, termination
from hitless.checking.rules import rollout as rollout_rules
from hitless.checking.verdict import Outcome, Verdict
from hitless.engines.process import ProcessEngine
from hitless.engines.running import Start
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.health import Probe
from hitless.spec.profiles import DEFAULT

pytestmark = pytest.mark.slow

SUBJECTS = Path(__file__).parent / "subjects.py"
LINGER_S, DEADLINE_S, KEEP_ALIVE_S = 2, 5, 3
PROFILE = replace(DEFAULT, linger_s=LINGER_S, deadline_s=DEADLINE_S, keep_alive_s=KEEP_ALIVE_S)
BODY = Payload(schema={"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]})
CONTRACT = Contract("echo", "Image", apis=(Api("/", "POST", request=BODY),), health=Probe(url="/health"))
STAGES: dict[Stage, Watch] = {Stage.KEEP_ALIVE: keep_alive, Stage.STOP: stop, Stage.ROLLOUT: rollout}
RULES = {
    one.id: one
    for module in (keep_alive_rules, termination, leaving, rollout_rules)
    for one in vars(module).values()
    if isinstance(one, Rule)
}

FAULTS = [
    ("deaf", Stage.STOP, "HL801"),
    ("killed at once", Stage.STOP, "HL802"),
    ("leaves at once", Stage.STOP, "HL802"),
    ("leaves at half", Stage.STOP, "HL802"),
    ("refuses new connections", Stage.STOP, "HL803"),
    ("ends pooled connections", Stage.STOP, "HL804"),
    ("drops requests in flight", Stage.STOP, "HL805"),
    ("answers 503", Stage.STOP, "HL805"),
    ("drops the last request", Stage.STOP, "HL806"),
    ("never leaves", Stage.STOP, "HL807"),
    ("leaves late", Stage.STOP, "HL807"),
    ("leaves with code 3", Stage.STOP, "HL808"),
    ("never says close", Stage.STOP, "HL809"),
    ("ends idle connections", Stage.KEEP_ALIVE, "HL701"),
    ("keeps ten idle connections", Stage.KEEP_ALIVE, "HL702"),
    ("promises 1 s", Stage.KEEP_ALIVE, "HL704"),
    ("keeps no connection", Stage.KEEP_ALIVE, "HL705"),
    ("speaks HTTP/1.0", Stage.KEEP_ALIVE, "HL705"),
]


def site(fault: str, folder: Path, **changes: object) -> Site:
    command = (sys.executable, "-u", str(SUBJECTS), fault, str(LINGER_S))
    start = Start(str(folder), command=command)
    return replace(Site(ProcessEngine(), start, CONTRACT, PROFILE, Purpose.HITLESS), **changes)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(("fault", "stage", "expected"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_fault_fails_its_rule_and_no_other(fault: str, stage: Stage, expected: str, tmp_path: Path) -> None:
    one = site(fault, tmp_path)
    record = looked(one, stage)
    assert [*failing(record, one)] == [expected], verdicts(record, one)


def test_a_subject_without_a_fault_passes_everything(tmp_path: Path) -> None:
    one = site("none", tmp_path)
    found = verdicts(looked(one, *STAGES), one)
    assert {key: (v.outcome, v.message) for key, v in found.items() if not v.outcome.conforms} == {}
    assert {key for key, v in found.items() if v.outcome is Outcome.NOT_APPLICABLE} == {"HL704"}
    assert set(found) == set(RULES)


def test_what_another_rule_explains_does_not_fail_the_rollout_as_well(tmp_path: Path) -> None:
    one = site("leaves at once", tmp_path)
    found = verdicts(looked(one, Stage.STOP, Stage.ROLLOUT), one)
    assert found["HL802"].outcome is Outcome.FAILED
    assert found["HL901"].outcome is Outcome.UNPROVEN
    assert "HL802" in found["HL901"].message
    assert [key for key, verdict in found.items() if verdict.outcome is Outcome.FAILED] == ["HL802"]


def test_a_rollout_alone_shows_a_loss(tmp_path: Path) -> None:
    one = site("leaves at once", tmp_path)
    found = verdicts(looked(one, Stage.ROLLOUT), one)
    assert found["HL901"].outcome is Outcome.FAILED
    assert any("old lost it" in line.what for line in found["HL901"].evidence)
