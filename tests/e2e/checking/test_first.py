"""The start and the apis: real services, each with one fault, fail exactly the rule of it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.checking.faulty_service import FAULTS

from hitless.checking.events import Exited, Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.probes.first import first
from hitless.checking.probes.golden import golden_request, package_goldens
from hitless.checking.probes.recorder import Recorder
from hitless.checking.probes.site import Site
from hitless.checking.probes.stages import watch
from hitless.checking.probes.variants import as_batch, as_user, read_only
from hitless.checking.record import Opened, Record, read_lines, to_lines
from hitless.checking.rule import Purpose, Rule, Seen
from hitless.checking.rules import api, health, logs, robustness, run, users
from hitless.checking.verdict import Outcome, Verdict
from hitless.engines.process import ProcessEngine, RunningProcess
from hitless.engines.running import Start
from hitless.spec.config import load, write
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.health import Probe
from hitless.spec.profiles import DEFAULT

SERVICE = Path(__file__).parent / "faulty_service.py"
EXAMPLE = Path(__file__).parents[3] / "examples" / "mnist"
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
LENGTH = {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]}
CONTRACT = Contract(
    "length",
    "Image",
    apis=(Api("/", "POST", request=Payload(schema=TEXT), response=Payload(schema=LENGTH)),),
    health=Probe(url="/health", initial_delay_s=1, timeout_s=1, period_s=1, failure_threshold=3),
)
RULES = {
    one.id: one
    for module in (run, logs, users, api, robustness, health)
    for one in vars(module).values()
    if isinstance(one, Rule)
}
STAGES = {
    first: (Stage.START, Stage.API),
    as_user: (Stage.USER,),
    read_only: (Stage.READ_ONLY,),
    as_batch: (Stage.BATCH,),
}


def looked(site: Site, *functions: object) -> Record:
    opened = Opened("subject", "package", "0", "2026-01-01T00:00:00Z", site.profile.name, site.purpose.value, 0, True)
    recorder = Recorder(opened)
    recorder.add(ConfigSeen(stage=Stage.CONFIG, where="config.json", text=write(site.contract).encode()))
    plan = [(stages, function) for function, stages in STAGES.items() if function in functions]
    asyncio.run(watch(site, recorder, plan))
    record = recorder.record()
    assert read_lines(to_lines(record), "again") == record
    return record


def judged(record: Record) -> dict[str, Verdict]:
    seen = Seen(record, DEFAULT, Purpose.HITLESS)
    return {name: rule.judge(seen) for name, rule in RULES.items() if not any(map(record.missing, rule.needs))}


def failures(verdicts: dict[str, Verdict]) -> list[str]:
    return [f"{name}: {one.message}" for name, one in verdicts.items() if one.outcome is Outcome.FAILED]


def site(fault: str, folder: Path) -> Site:
    command = (sys.executable, str(SERVICE), fault)
    start = Start(str(folder), command=command, environment={"PYTHONUNBUFFERED": ""})
    given = fault != "breaks its own schema"  # else it is the given answer that it breaks
    goldens = given * (golden_request(CONTRACT, "/", "application/json", b'{"text": "seven"}', '{"length": 5}'),)
    return Site(ProcessEngine(), start, CONTRACT, DEFAULT, Purpose.HITLESS, quick=True, goldens=goldens)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_its_rule_and_no_other(fault: str, tmp_path: Path) -> None:
    record = looked(site(fault, tmp_path), first)
    verdicts = judged(record)
    failed = failures(verdicts)
    expected = FAULTS[fault]
    assert [one[:5] for one in failed] == ([] if expected is None else [expected]), failed
    if expected is not None:
        assert verdicts[expected].expected
        assert verdicts[expected].evidence or expected in ("HL506",)


def test_the_example_keeps_every_clause() -> None:
    contract = load(EXAMPLE / "config.json")
    goldens = package_goldens(
        (EXAMPLE / "hitless.toml").read_bytes(), lambda name: (EXAMPLE / name).read_bytes(), contract
    )
    assert [golden.expected for golden in goldens] == ['{"mnist_result": 7}']
    start = Start(str(EXAMPLE))
    record = looked(
        Site(ProcessEngine(), start, contract, DEFAULT, Purpose.HITLESS, quick=True, goldens=goldens), first, as_user
    )
    verdicts = judged(record)
    assert failures(verdicts) == []
    assert verdicts["HL602"].outcome is Outcome.PASSED


def test_what_a_process_cannot_show_is_unseen(tmp_path: Path) -> None:
    record = looked(replace(site("none", tmp_path), purpose=Purpose.BATCH), first, read_only, as_batch)
    assert "no root of its own" in record.missing(Stage.READ_ONLY)
    assert "PID 1" in record.missing(Stage.BATCH)
    assert judged(record)["HL503"].outcome is Outcome.UNPROVEN


def test_a_service_that_does_not_start_leaves_the_rest_unseen(tmp_path: Path) -> None:
    record = looked(site("ends at once", tmp_path), first, as_user)
    assert record.missing(Stage.API) == "the service did not get ready"
    assert "nothing to compare" in record.missing(Stage.USER)


def test_a_cancelled_check_leaves_nothing_running(tmp_path: Path) -> None:
    engine = _Counting()
    one = replace(site("none", tmp_path), engine=engine)

    async def cut_off() -> None:
        opened = Opened("subject", "package", "0", "2026-01-01T00:00:00Z", "2024-09", "hitless", 0)
        recorder = Recorder(opened)
        task = asyncio.create_task(watch(one, recorder, [((Stage.START, Stage.API), first), ((Stage.USER,), as_user)]))
        while not engine.started:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert all(exited.removed for exited in recorder.record().all(Exited))

    asyncio.run(cut_off())
    assert [instance.wait(5) for instance in engine.started] == [137] * len(engine.started)


class _Counting(ProcessEngine):
    def __init__(self) -> None:
        super().__init__()
        self.started: list[RunningProcess] = []

    def start(self, start: Start) -> RunningProcess:
        self.started.append(instance := super().start(start))
        return instance
