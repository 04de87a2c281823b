"""What a picture of a stage shows: requests, marks and idle connections out of its events. Decides, draws nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from hitless.checking.events import Closed, Exchange, Exited, Noted, Signalled, Stage
from hitless.checking.probes import purposes
from hitless.checking.record import Record
from hitless.spec.profiles import Profile

SIGTERM = 15
SERVER_ERRORS = 500
MOST_CHANGES = 20  # of a health check that cannot make up its mind
POOLED, FRESH, OTHERS, HEALTH = "pooled connections", "new connections", "slow, late, idle", "health check"
_LANES = {
    purposes.POOLED: POOLED, purposes.FRESH: FRESH, purposes.PULSE: HEALTH, purposes.HEALTH: HEALTH,
    purposes.SLOW: OTHERS, purposes.REST: OTHERS, purposes.LATE: OTHERS,
}  # fmt: skip
_SIGNALS = frozenset({purposes.SIGTERM_SENT, purposes.SWAP_BEGAN})  # marked already where the signal is recorded
_NOTED = frozenset({purposes.LOAD_ENDED, purposes.SWAP_TOLD, purposes.STARTED_AGAIN}) | _SIGNALS
_BEFORE = frozenset({purposes.TRIED, purposes.START_HEALTH, purposes.START_API})  # sent until it is ready: not drawn


class Kind(StrEnum):
    ANSWERED = "answered"
    CLOSING = "answered, and told to close"
    ERROR = "answered with an error"
    FAILED = "failed"


@dataclass(frozen=True)
class Dot:
    """A request from `at_s` to `until_s`, seconds from the picture's zero. `label`: what it was, for a failure."""

    at_s: float
    until_s: float
    kind: Kind
    label: str = ""


@dataclass(frozen=True)
class Lane:
    name: str
    dots: tuple[Dot, ...]

    @property
    def counts(self) -> Counter[Kind]:
        return Counter(dot.kind for dot in self.dots)


@dataclass(frozen=True)
class Mark:
    """A moment with a name. `limit`: it is a demand, not something that happened."""

    at_s: float
    name: str
    limit: bool = False


@dataclass(frozen=True)
class Timeline:
    """Seconds count from the SIGTERM, where there is one, else from the start of the stage."""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Idle:
    """`count` connections that were idle for about `idle_s`. `good`: the next request on them was answered."""

    idle_s: float
    count: int
    good: bool
    what: str


def of_stop(record: Record, profile: Profile) -> Timeline | None:
    """None where nothing was sent in that stage."""
    zero = next((one.at_s for one in record.all(Signalled, Stage.STOP) if one.number == SIGTERM), None)
    limits = []
    if zero is not None and profile.linger_s is not None:
        limits.append(Mark(profile.linger_s, f"{profile.linger_s} s: it still accepts", limit=True))
    if zero is not None and profile.deadline_s is not None:
        limits.append(Mark(profile.deadline_s, f"{profile.deadline_s} s: it has left", limit=True))
    return _timeline(record, Stage.STOP, zero or 0.0, limits)


def of_rollout(record: Record) -> Timeline | None:
    return _timeline(record, Stage.ROLLOUT, 0.0, ())


def _timeline(record: Record, stage: Stage, zero: float, limits: Iterable[Mark]) -> Timeline | None:
    exchanges = [one for one in record.all(Exchange, stage) if one.purpose not in _BEFORE]
    if not exchanges:
        return None
    lanes = tuple(Lane(name, tuple(dots)) for name, dots in _lanes(exchanges, zero).items() if dots)
    marks = (*_marks(record, stage, zero, exchanges), *limits)
    times = [dot.until_s for lane in lanes for dot in lane.dots] + [mark.at_s for mark in marks]
    starts = [dot.at_s for lane in lanes for dot in lane.dots] + [mark.at_s for mark in marks]
    return Timeline(lanes, tuple(sorted(marks, key=lambda mark: mark.at_s)), min(starts), max(times))


def _lanes(exchanges: Sequence[Exchange], zero: float) -> dict[str, list[Dot]]:
    pooled = {one.connection for one in exchanges if one.nth > 1}
    lanes: dict[str, list[Dot]] = {POOLED: [], FRESH: [], OTHERS: [], HEALTH: []}
    for one in exchanges:
        lanes[_lane(one, pooled)].append(
            Dot(one.at_s - zero, max(one.at_s, one.until_s) - zero, kind_of(one), _label(one, zero))
        )
    return lanes


def _lane(one: Exchange, pooled: set[int]) -> str:
    """By what it was sent for, where that says so; else by whether its connection was used again."""
    return _LANES.get(one.purpose) or (POOLED if one.connection in pooled else FRESH)


def kind_of(one: Exchange) -> Kind:
    if one.failure is not None:
        return Kind.FAILED
    if one.status >= SERVER_ERRORS:
        return Kind.ERROR
    closing = any(name == "connection" and "close" in value.lower() for name, value in one.headers)
    return Kind.CLOSING if closing else Kind.ANSWERED


def _label(one: Exchange, zero: float) -> str:
    outcome = f"{one.failure}: {one.detail}".rstrip(": ") if one.failure is not None else str(one.status)
    return (
        f"{one.at_s - zero:+.2f} s, {one.method} {one.path}, connection {one.connection}, request {one.nth}: {outcome}"
    )


def _marks(record: Record, stage: Stage, zero: float, exchanges: Sequence[Exchange]) -> Iterator[Mark]:
    for signal in record.all(Signalled, stage):
        name = "SIGTERM" if signal.number == SIGTERM else f"signal {signal.number}"
        yield Mark(signal.at_s - zero, _of(name, signal.instance, exchanges))
    for exited in record.all(Exited, stage):
        what = "removed by us" if exited.removed else f"exit {exited.code}"
        yield Mark(exited.at_s - zero, _of(what, exited.instance, exchanges))
    signalled = any(record.all(Signalled, stage))
    for noted in record.all(Noted, stage):
        if noted.what in _NOTED and not (signalled and noted.what in _SIGNALS):
            yield Mark(noted.at_s - zero, noted.what)
    yield from islice(_health_changes(exchanges, zero), MOST_CHANGES)


def _of(what: str, instance: str, exchanges: Sequence[Exchange]) -> str:
    """With the instance's name where there are several."""
    return f"{what} ({instance})" if len({one.instance for one in exchanges}) > 1 else what


def _health_changes(exchanges: Sequence[Exchange], zero: float) -> Iterator[Mark]:
    last: dict[str, int] = {}
    for one in sorted(exchanges, key=lambda one: one.at_s):
        if _LANES.get(one.purpose) != HEALTH:
            continue
        if one.instance in last and last[one.instance] != one.status:
            yield Mark(one.until_s - zero, f"health {one.status or 'silent'}")
        last[one.instance] = one.status


def idle_connections(record: Record, keep_alive_s: int | None) -> tuple[Idle, ...]:
    """Of the keep-alive stage: how long connections were idle, and what became of them. The longest first.

    One that the subject ended after `keep_alive_s` was good for long enough.
    """
    groups = Counter(_idle_ends(record, float("inf") if keep_alive_s is None else keep_alive_s))
    return tuple(
        Idle(idle_s, count, good, what) for (idle_s, good, what), count in sorted(groups.items(), reverse=True)
    )


def _idle_ends(record: Record, keep_alive_s: float) -> Iterator[tuple[float, bool, str]]:
    last: dict[tuple[str, int], Exchange] = {}
    for one in sorted(record.all(Exchange, Stage.KEEP_ALIVE), key=lambda one: (one.connection, one.nth)):
        before = last.get((one.instance, one.connection))
        if before is not None:
            good = one.failure is None
            yield round(one.at_s - before.until_s), good, "answered" if good else f"the next request was {one.failure}"
        last[(one.instance, one.connection)] = one
    for closed in record.all(Closed, Stage.KEEP_ALIVE):
        good = closed.idle_s >= keep_alive_s
        yield round(closed.idle_s), good, "reset by the subject" if closed.reset else "closed by the subject"
