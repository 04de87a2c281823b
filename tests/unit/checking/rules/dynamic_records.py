"""Hand-made records of idle connections, of a stop, and of a rollout: a good one, changed a little by each test.

Times are those of the default edition: keep-alive 200 s, linger 60 s, deadline 90 s. SIGTERM is at 10 s of its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hitless.checking.events import (
    Closed,
    Ended,
    Event,
    Exchange,
    Exited,
    Failure,
    Logged,
    Noted,
    Signalled,
    Stage,
)
from hitless.checking.probes.purposes import (
    FRESH,
    IDLE,
    LATE,
    OPENED,
    POOL_IDLE,
    POOL_OPENED,
    POOLED,
    PULSE,
    REST,
    SLOW,
    SWAP_BEGAN,
    SWAP_TOLD,
)
from hitless.checking.record import Opened, Record
from hitless.checking.rule import Purpose, Rule, Seen
from hitless.checking.rules import keep_alive, leaving, rollout, termination
from hitless.checking.verdict import Outcome, Verdict
from hitless.spec.profiles import DEFAULT, Profile

SIGTERM_S = 10.0
CLOSE = (("content-type", "application/json"), ("connection", "close"))
KEEP = (("content-type", "application/json"),)
RULES = {
    one.id: one
    for module in (keep_alive, termination, leaving, rollout)
    for one in vars(module).values()
    if isinstance(one, Rule)
}
OPENED_LINE = Opened("subject:1", "image", "0", "2026-01-01T00:00:00Z", "2024-09", "hitless", 0)


def exchange(
    after_s: float,
    purpose: str,
    *,
    stage: Stage = Stage.STOP,
    took_s: float = 0.01,
    connection: int = 1,
    nth: int = 1,
    status: int = 200,
    failure: Failure | None = None,
    headers: tuple[tuple[str, str], ...] = KEEP,
    instance: str = "leaving",
    body: bytes = b"",
) -> Exchange:
    """`after_s`: of SIGTERM, in the stage of the stop."""
    at_s = after_s + (SIGTERM_S if stage is Stage.STOP else 0.0)
    return Exchange(
        stage=stage, at_s=at_s, purpose=purpose, instance=instance, connection=connection, nth=nth,
        until_s=at_s + took_s, method="POST", path="/", status=0 if failure else status, headers=headers,
        failure=failure, body=body, curl="curl -X POST http://127.0.0.1:8080/",
    )  # fmt: skip


Change = Callable[[Exchange], Exchange | None]


def stop(
    change: Change = lambda one: one,
    *,
    exit_s: float | None = 61.0,
    code: int = 0,
    watched_s: float | None = None,
    incomplete: str = "",
    lines: Iterable[tuple[float, str]] = (),
    closes: bool = True,
    health_turns: bool = True,
    until_s: float = 60.0,
) -> Record:
    """A good stop, each of its requests as `change` has it (None: it was not sent). Times are after SIGTERM."""
    events: list[Event] = [Signalled(stage=Stage.STOP, at_s=SIGTERM_S, instance="leaving", number=15)]
    sent = [*_load(until_s, closes), *_pulses(until_s, health_turns)]
    sent.append(exchange(-2, SLOW, took_s=5, connection=900))
    if until_s > 59:
        sent.append(exchange(55, REST, connection=901, nth=2, headers=CLOSE if closes else KEEP))
        sent.append(exchange(59, LATE, took_s=3, connection=902))
    events += [changed for one in sent if (changed := change(one)) is not None]
    events += [Logged(stage=Stage.STOP, at_s=SIGTERM_S + at, instance="leaving", line=line) for at, line in lines]
    if exit_s is not None:
        events.append(Exited(stage=Stage.STOP, at_s=SIGTERM_S + exit_s, instance="leaving", code=code))
    watched = watched_s if watched_s is not None else (95.0 if exit_s is None else exit_s)
    events.append(Ended(stage=Stage.STOP, at_s=SIGTERM_S + watched, complete=not incomplete, why=incomplete))
    if exit_s is None:
        removed = Exited(stage=Stage.STOP, at_s=SIGTERM_S + watched, instance="leaving", code=137, removed=True)
        events.append(removed)
    return record(events)


def _load(until_s: float, closes: bool) -> Iterable[Exchange]:
    for tick in range(-6, int(until_s * 2)):
        after_s = tick / 2
        headers = CLOSE if closes and after_s >= 0 else KEEP
        yield exchange(after_s, FRESH, connection=1000 + tick, headers=headers)
        yield exchange(after_s + 0.25, POOLED, connection=100 + tick % 8, nth=2, headers=headers)


def _pulses(until_s: float, turns: bool) -> Iterable[Exchange]:
    for after_s in range(-3, int(until_s)):
        yield exchange(after_s + 0.5, PULSE, connection=2000 + after_s, status=503 if turns and after_s >= 0 else 200)


def idle(
    times: Iterable[tuple[float, bool]] = ((5, True), (120, True), (198, True), (201, True), (210, True)),
    *,
    pool_kept: int = 50,
    pool: int = 50,
    closes_at: float | None = None,
    headers: tuple[tuple[str, str], ...] = KEEP,
    incomplete: str = "",
) -> Record:
    """`times`: idle time, and whether the request after it was answered. `closes_at`: all are ended then."""
    events: list[Event] = []
    for number, (idle_s, good) in enumerate(times, 1):
        events += _idled(number, idle_s, good, closes_at, headers, OPENED, IDLE)
    for number in range(pool):
        events += _idled(100 + number, 201, number < pool_kept, closes_at, headers, POOL_OPENED, POOL_IDLE)
    events.append(Ended(stage=Stage.KEEP_ALIVE, at_s=212, complete=not incomplete, why=incomplete))
    return record(events)


def _idled(
    connection: int,
    idle_s: float,
    good: bool,
    closes_at: float | None,
    headers: tuple[tuple[str, str], ...],
    opened: str,
    used: str,
) -> Iterable[Event]:
    kind = Stage.KEEP_ALIVE
    yield exchange(0.99, opened, stage=kind, connection=connection, headers=headers, instance="idle")
    if closes_at is not None and closes_at < idle_s:
        yield Closed(stage=kind, at_s=1 + closes_at, instance="idle", connection=connection, idle_s=closes_at)
    else:
        failure = None if good else Failure.RESET
        yield exchange(
            1 + idle_s,
            used,
            stage=kind,
            connection=connection,
            nth=2,
            failure=failure,
            headers=headers,
            instance="idle",
        )


def upgrade(
    change: Change = lambda one: one, *, told_s: float = 30.0, left_s: float = 71.0, others: Iterable[Record] = ()
) -> Record:
    """Two instances: the new one gets requests from 8 s on, SIGTERM is at 10 s, the balancer knows at `told_s`."""
    kind = Stage.ROLLOUT
    events: list[Event] = [
        Noted(stage=kind, at_s=8, what=SWAP_BEGAN),
        Signalled(stage=kind, at_s=10, instance="old", number=15),
        Noted(stage=kind, at_s=told_s, what=SWAP_TOLD),
    ]
    for tick in range(300):
        purpose = POOLED if tick % 2 else FRESH
        sent = exchange(tick / 4, purpose, stage=kind, connection=tick, instance="balancer")
        if (changed := change(sent)) is not None:
            events.append(changed)
    events.append(Exited(stage=kind, at_s=left_s, instance="old", code=0))
    events.append(Ended(stage=kind, at_s=75))
    for other in others:
        events += [one for one in other.entries if not isinstance(one, Opened)]  # type: ignore[misc]
    return record(events)


def record(events: Iterable[Event]) -> Record:
    return Record(OPENED_LINE, (OPENED_LINE, *events))


def verdicts(found: Record, profile: Profile = DEFAULT) -> dict[str, Verdict]:
    """Of the rules whose stages were seen."""
    seen = Seen(found, profile, Purpose.HITLESS)
    return {
        key: one.judge(seen)
        for key, one in sorted(RULES.items())
        if not any(found.missing(stage) for stage in one.needs)
    }


def failing(found: Record, profile: Profile = DEFAULT) -> list[str]:
    return [key for key, one in verdicts(found, profile).items() if one.outcome is Outcome.FAILED]


def silent(found: Record, profile: Profile = DEFAULT) -> list[str]:
    """The rules that say nothing."""
    quiet = (Outcome.UNPROVEN, Outcome.NOT_APPLICABLE)
    return [key for key, one in verdicts(found, profile).items() if one.outcome in quiet]
