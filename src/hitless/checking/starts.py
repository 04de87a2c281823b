"""How an instance started, read from a record: what of it came when, what it wrote, how it ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hitless.checking.events import Begun, Ended, Exchange, Exited, Logged, Noted, Signalled, Stage
from hitless.checking.probes.purposes import ANSWERING, HEALTHY, LARGE, LISTENING, MALFORMED, OVER, READY
from hitless.checking.record import Record
from hitless.checking.rule import NotSeenError
from hitless.checking.verdict import Evidence, excerpt
from hitless.spec.contract import Contract
from hitless.spec.health import Probe

LAST_LINES = 8
OURS = "hitless-check: "  # what our own commands begin their lines with


def start_probe(contract: Contract) -> Probe | None:
    """The HTTP check by which the platform finds out that it has started; None where none is declared."""
    declared = (contract.startup_health, contract.health, contract.readiness_health, contract.liveness_health)
    return next((probe for probe in declared if probe is not None and probe.check_method == "HTTP"), None)


def allowed_s(contract: Contract, deploy_timeout_s: float) -> float:
    """After so many seconds the platform has given it up."""
    probe = start_probe(contract)
    return deploy_timeout_s if probe is None else float(probe.worst_case_start_s + probe.timeout_s)


@dataclass(frozen=True)
class Started:
    """One instance of a stage. Times in seconds since it was started; None for what was not seen.

    `exited_s`, `code`: it ended by itself. `incomplete`: why its stage was not looked at to the end, else empty.
    """

    instance: str
    where: str
    own: bool
    listening_s: float | None
    healthy_s: float | None
    answering_s: float | None
    ready_s: float | None
    exited_s: float | None
    code: int
    lines: tuple[Logged, ...]
    incomplete: str = ""

    @property
    def is_ready(self) -> bool:
        return self.ready_s is not None or self.answering_s is not None

    @property
    def ended_before_it_was_ready(self) -> bool:
        return self.exited_s is not None and not self.is_ready

    def last_words(self) -> tuple[Evidence, ...]:
        """The last lines of what it wrote."""
        return tuple(Evidence(f"log: {one.line}", one.at_s, one.stage.value) for one in self.lines[-LAST_LINES:])


def started(record: Record, stage: Stage) -> tuple[Started, ...]:
    """The instances of a stage in the order of their starts."""
    return tuple(_started(record, stage, begun) for begun in record.all(Begun, stage))


def first_start(record: Record, stage: Stage) -> Started:
    """NotSeenError where none was started."""
    found = started(record, stage)
    if not found:
        raise NotSeenError(f"nothing was started in the stage {stage.value!r}")
    return found[0]


def _started(record: Record, stage: Stage, begun: Begun) -> Started:
    noted: dict[str, float] = {}
    for one in record.all(Noted, stage):
        if one.detail == begun.instance:
            noted.setdefault(one.what, one.at_s - begun.at_s)
    exits = [one for one in record.all(Exited, stage) if one.instance == begun.instance and not one.removed]
    lines = (one for one in record.all(Logged, stage) if one.instance == begun.instance)
    return Started(
        begun.instance,
        begun.where,
        begun.own,
        noted.get(LISTENING),
        noted.get(HEALTHY),
        noted.get(ANSWERING),
        noted.get(READY),
        exits[0].at_s - begun.at_s if exits else None,
        exits[0].code if exits else 0,
        tuple(one for one in lines if not one.line.startswith(OURS)),
        incomplete(record, stage),
    )


def incomplete(record: Record, stage: Stage) -> str:
    """Why a stage was not looked at to its end; empty where it was."""
    ended = record.first(Ended, stage)
    if ended is None:
        return "the check was cut off"
    return "" if ended.complete else ended.why or "it was not looked at for long enough"


def ended_alone(record: Record) -> Exited | None:
    """The first end of an instance that nobody asked for: it was ready, and neither told to leave nor removed; nor was
    it asked amiss, which is told elsewhere."""
    was_amiss = any(
        one.purpose.startswith((MALFORMED, LARGE, OVER)) or one.failure is not None
        for one in record.all(Exchange, Stage.API)
    )
    for stage in (Stage.START, Stage.KEEP_ALIVE, Stage.STOP, Stage.ROLLOUT):
        if stage is Stage.START and was_amiss:
            continue
        signalled = {one.instance for one in record.all(Signalled, stage)}
        for one in record.all(Exited, stage):
            if not one.removed and one.instance not in signalled and _was_ready(record, stage, one.instance):
                return one
    return None


def _was_ready(record: Record, stage: Stage, instance: str) -> bool:
    return any(noted.what == READY and noted.detail == instance for noted in record.all(Noted, stage))


def told(one: Exchange) -> str:
    """A request and what came of it, in one line."""
    came = f"{one.status}" if one.status else (one.failure.value if one.failure else "nothing")
    if one.detail:
        came += f" ({one.detail})"
    if one.body:
        came += f" {excerpt(one.body, 160)}"
    return f"{one.method} {one.path} → {came} after {one.until_s - one.at_s:.2f} s [{one.purpose}]"


def shown(one: Exchange) -> Evidence:
    return Evidence(told(one), one.at_s, one.stage.value)
