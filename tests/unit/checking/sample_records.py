"""Records and reports made by hand: a drain as it should be, one that drops requests, idle connections, attacks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from hitless.checking.events import (
    Begun,
    Closed,
    Ended,
    Exchange,
    Exited,
    Failure,
    Logged,
    Noted,
    Signalled,
    Stage,
    Unseen,
)
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.judging import judge
from hitless.checking.probes.purposes import FRESH, IDLE, LOAD_ENDED, POOLED, PULSE, SLOW, SWAP_TOLD
from hitless.checking.probes.purposes import OPENED as BEFORE_IDLE
from hitless.checking.record import Entry, Opened, Record
from hitless.checking.report import Report
from hitless.checking.rule import Judge, Level, Purpose, Rule, Seen, rule
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven
from hitless.checking.waivers import Waiver
from hitless.spec.profiles import DEFAULT

TODAY = datetime.date(2026, 11, 23)
TERM_S = 5.0
RATE = 15  # requests a second
LINGER_S = 60.0
OPENED = Opened("registry.example/mnist:v1", "image", "0.1.0", "2026-11-23T09:00:00Z", "2024-09", "hitless", 7)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\x00]]>`|@everyone\u202e\ud800 ```'


def drain(*, drops: bool) -> Iterator[Entry]:
    """About a thousand requests from 5 s before SIGTERM to 60 s after it; refused from 3 s after it on, or none."""
    yield Begun(
        stage=Stage.STOP, at_s=0, instance="a", where="podman", address="10.88.0.2:8080", own=True, confined=True
    )
    yield Signalled(stage=Stage.STOP, at_s=TERM_S, instance="a", number=15)
    for number in range(int(TERM_S + LINGER_S) * RATE):
        yield _request(number, drops)
    yield from _health(drops)
    slow_until = TERM_S + 3 if drops else TERM_S + 58.5
    slow = Failure.RESET if drops else None
    yield _exchange(SLOW, TERM_S - 0.5, slow_until, 9000, 1, failure=slow)
    yield Logged(stage=Stage.STOP, at_s=TERM_S + 0.1, instance="a", line="leaving", stream="stdout")
    yield Noted(stage=Stage.STOP, at_s=TERM_S + LINGER_S, what=LOAD_ENDED)
    yield Exited(stage=Stage.STOP, at_s=TERM_S + 3 if drops else TERM_S + 61.2, instance="a", code=0)
    yield Ended(stage=Stage.STOP, at_s=70.0)


def _request(number: int, drops: bool) -> Exchange:
    at_s = number / RATE
    pooled = number % 2 == 0
    broken = drops and at_s > TERM_S + 3
    failure = (Failure.RESET if pooled else Failure.REFUSED) if broken else None
    purpose = POOLED if pooled else FRESH
    connection = number % 50 if pooled else 100 + number
    took = 0.02 + (number * 7919 % 13) / 100
    leaving = at_s > TERM_S and not broken
    return _exchange(
        purpose, at_s, at_s + took, connection, number // 50 + 1 if pooled else 1,
        failure=failure, headers=(("connection", "close"),) if leaving else (),
    )  # fmt: skip


def _exchange(
    purpose: str, at_s: float, until_s: float, connection: int, nth: int, *,
    failure: Failure | None = None, headers: tuple[tuple[str, str], ...] = (),
) -> Exchange:  # fmt: skip
    return Exchange(
        stage=Stage.STOP, at_s=at_s, until_s=until_s, purpose=purpose, instance="a", connection=connection, nth=nth,
        method="POST", status=0 if failure else 200, headers=headers, body=b'{"mnist_result":7}', size=18,
        failure=failure, detail="Connection refused" if failure else "", curl="curl -X POST http://{address}/",
    )  # fmt: skip


def _health(drops: bool) -> Iterator[Exchange]:
    for second in range(0, 65, 2):
        status = 200 if second <= TERM_S else 503
        gone = drops and second > TERM_S + 3
        yield Exchange(
            stage=Stage.STOP, at_s=float(second), until_s=second + 0.01, purpose=PULSE, instance="a",
            connection=5000 + second, nth=1, path="/health", status=0 if gone else status,
            failure=Failure.REFUSED if gone else None,
        )  # fmt: skip


def keep_alive() -> Iterator[Entry]:
    """Fifty connections that are good after 201 s, and one that was closed at 75 s."""
    for connection in range(50):
        for nth, at_s, purpose in ((1, 1.0, BEFORE_IDLE), (2, 202.0, IDLE)):
            yield Exchange(
                stage=Stage.KEEP_ALIVE, at_s=at_s, until_s=at_s + 0.01, purpose=purpose, instance="k",
                connection=connection, nth=nth, status=200,
            )  # fmt: skip
    yield Closed(stage=Stage.KEEP_ALIVE, at_s=76.0, instance="k", connection=51, idle_s=75.02)
    yield Ended(stage=Stage.KEEP_ALIVE, at_s=203.0)


def rollout() -> Iterator[Entry]:
    """Two instances, the first replaced."""
    for number in range(200):
        at_s = number / RATE
        instance = "old" if at_s < 10 else "new"
        yield Exchange(
            stage=Stage.ROLLOUT, at_s=at_s, until_s=at_s + 0.05, purpose=POOLED, instance=instance,
            connection=number % 8, nth=number // 8 + 1, status=502 if number == 100 else 200,
        )  # fmt: skip
    yield Noted(stage=Stage.ROLLOUT, at_s=9.0, what=SWAP_TOLD)
    yield Signalled(stage=Stage.ROLLOUT, at_s=10.0, instance="old", number=15)
    yield Exited(stage=Stage.ROLLOUT, at_s=19.0, instance="old", code=143)
    yield Ended(stage=Stage.ROLLOUT, at_s=20.0)


def record(*entries: Entry, opened: Opened = OPENED) -> Record:
    return Record(opened, (opened, *entries))


def made(
    identifier: str, clause: str, verdict: Verdict, *needs: Stage, level: Level = Level.MUST, title: str = "It does"
) -> Rule:
    """A rule that answers what is wanted."""

    def judge_it(seen: Seen) -> Verdict:
        return verdict

    judge_it.__doc__ = f"{title}.\n\nBecause clients <b>lose</b> requests otherwise."
    decorate = rule(
        identifier, clause, level, *needs, fix="trap 'kill -TERM $pid' TERM", bad="exec sleep 9", good="wait"
    )
    return decorate(judge_it)


def asking(identifier: str, function: Judge) -> Rule:
    """A rule of its own function."""
    return rule(identifier, "LOG-1", Level.SHOULD, fix="f", bad="b", good="g")(function)


DROPPED = failed(
    "855 of 975 requests failed.",
    Evidence("POST / on a pooled connection: reset", 8.1, "stop"),
    Evidence("dial tcp 10.88.0.2:8080: connection refused\n(second line)", 8.2, "stop"),
    expected="every request is answered for 60 s after SIGTERM",
    actual="the port is closed 3.0 s after SIGTERM",
    reproduce="docker kill -s TERM a; curl -X POST http://10.88.0.2:8080/",
)


def broke(seen: Seen) -> Verdict:
    """It writes each line at once."""
    raise RuntimeError("a fault of ours")


def rules(hostile: str = "") -> Sequence[Rule]:
    """One of each outcome, and some more."""
    bad = failed(hostile, Evidence(hostile, 1.0, "stop"), expected=hostile, actual=hostile, reproduce=hostile)
    return (
        made("HL101", "SIZE-1", passed("It has 1.2 GB."), title="The image is small enough"),
        made("HL201", "API-1", not_applicable("It has no config.json."), title="Its urls are as said"),
        made("HL401", "SAFE-1", unproven("ClamAV is not installed"), title="No virus", level=Level.SHOULD),
        made("HL501", "LOG-1", failed("It logs to a file.", expected="stdout", actual="/var/log/x"), title="It logs"),
        asking("HL502", broke),
        made("HL701", "KEEP-1", unproven("only 30 s were looked at"), title="An idle connection is good"),
        made("HL802", "EXIT-2", bad if hostile else DROPPED, Stage.STOP, title="It goes on for 60 s"),
        made("HL803", "EXIT-4", passed("It left after 61 s."), Stage.STOP, title="It leaves in time"),
    )


WAIVERS = (
    Waiver("HL501", "the gateway collects files", datetime.date(2027, 1, 31)),
    Waiver("HL101", "not needed", datetime.date(2027, 1, 31)),
    Waiver("HL803", "was needed", datetime.date(2026, 1, 1)),
)


def report(
    *,
    drops: bool = True,
    only: Sequence[Rule] | None = None,
    waivers: Sequence[Waiver] = WAIVERS,
    opened: Opened = OPENED,
) -> Report:
    """A whole one, with pictures. `only`: rules instead of one of each outcome."""
    entries = (*drain(drops=drops), *keep_alive(), *rollout(), Unseen(stage=Stage.BATCH, why="not asked for"))
    assumed = ConfigSeen(stage=Stage.CONFIG, where="(assumed)", text=b"{}", assumed=True)
    found = record(assumed, *entries)
    chosen = rules() if only is None else only
    return judge(found, chosen, DEFAULT, Purpose.HITLESS, waivers=waivers, today=TODAY)


def conforming() -> Report:
    kept = [
        made("HL802", "EXIT-2", passed("0 of 975 failed."), Stage.STOP),
        made("HL101", "SIZE-1", not_applicable("no")),
    ]
    return report(drops=False, only=kept, waivers=())


def undecided() -> Report:
    return report(drops=False, only=[made("HL701", "KEEP-1", unproven("quick"))], waivers=())


def hostile() -> Report:
    """Everything that comes from a subject is an attack."""
    opened = Opened(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "2024-09", "hitless", 7)
    waivers = (
        Waiver("HL501", HOSTILE, datetime.date(2027, 1, 31)),
        Waiver("HL101", HOSTILE, datetime.date(2026, 1, 1)),
    )
    entries = (
        *drain(drops=True),
        Noted(stage=Stage.STOP, at_s=50.0, what=HOSTILE),
        Begun(stage=Stage.STOP, at_s=0, instance="a", where=HOSTILE, address="", own=False, confined=False),
        Exchange(
            stage=Stage.STOP, at_s=20.0, until_s=20.1, purpose=HOSTILE, instance=HOSTILE, connection=1, nth=1,
            path=HOSTILE, failure=Failure.NO_HTTP, detail=HOSTILE,
        ),
    )  # fmt: skip
    found = record(*entries, opened=opened)
    return judge(found, rules(HOSTILE), DEFAULT, Purpose.HITLESS, waivers=waivers, today=TODAY)
