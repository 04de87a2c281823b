"""The start and the apis: real services, each with one fault, fail exactly the rule of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.specimens.dynamic import Running
from tests.specimens.processes import FAULTS, site

from hitless.checking.events import Exited, Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.probes.first import first
from hitless.checking.probes.golden import package_goldens
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
from hitless.spec.profiles import DEFAULT

EXAMPLE = Path(__file__).parents[3] / "examples" / "mnist"
RULES = {
    one.id: one
    for module in (run, logs, users, api, robustness, health)
    for one in vars(module).values()
    if isinstance(one, Rule)
}
TAKE_LONGER = {"listens-nowhere", "ends-soon", "health-hangs", "always-sick"}  # a quick look does not see it
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "one",
    [one for one in FAULTS if one.rule in RULES and one.name != "dies-of-many-connections"],
    ids=lambda one: one.name,
)
def test_each_fault_fails_its_rule_and_no_other(one: Running, tmp_path: Path) -> None:
    verdicts = judged(looked(site(one.name, tmp_path, quick=one.name not in TAKE_LONGER), first))
    failed = failures(verdicts)
    assert [one[:5] for one in failed] == [one.rule], failed
    assert verdicts[one.rule].expected
    assert verdicts[one.rule].evidence or verdicts[one.rule].actual


def test_one_without_a_fault_fails_none(tmp_path: Path) -> None:
    assert failures(judged(looked(site("good-golden", tmp_path, quick=True), first))) == []


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
    record = looked(replace(site("good", tmp_path, quick=True), purpose=Purpose.BATCH), first, read_only, as_batch)
    assert "no root of its own" in record.missing(Stage.READ_ONLY)
    assert "PID 1" in record.missing(Stage.BATCH)
    assert judged(record)["HL503"].outcome is Outcome.UNPROVEN


def test_a_service_that_does_not_start_leaves_the_rest_unseen(tmp_path: Path) -> None:
    record = looked(site("does-not-start", tmp_path, quick=True), first, as_user)
    assert record.missing(Stage.API) == "the service did not get ready"
    assert "nothing to compare" in record.missing(Stage.USER)


def test_a_cancelled_check_leaves_nothing_running(tmp_path: Path) -> None:
    engine = _Counting()
    one = replace(site("good", tmp_path, quick=True), engine=engine)

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
