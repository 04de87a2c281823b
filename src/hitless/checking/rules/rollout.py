"""A rolling upgrade under load: HL901. The sum of what the other dynamic rules ask for.

| what the subject does                                                   | fails                                     |
|-------------------------------------------------------------------------|-------------------------------------------|
| fails a rule of HL70x or HL80x, whatever the upgrade lost this time     | that rule; HL901 is unproven and names it |
| loses a request in the upgrade, and in nothing else                     | HL901                                     |
| loses requests behind the balancer before the upgrade begins            | neither: HL901 is unproven                |
"""

from __future__ import annotations

from collections.abc import Sequence

from hitless.checking.bounds import upper_bound
from hitless.checking.events import Ended, Exchange, Exited, Noted, Signalled, Stage
from hitless.checking.probes.purposes import LOAD, SWAP_BEGAN, SWAP_TOLD
from hitless.checking.rule import Level, Rule, Seen, rule
from hitless.checking.rules import keep_alive, termination
from hitless.checking.rules.stop_seen import EARLY_IS_FINE, commands, kinds_of, percent
from hitless.checking.starts import ended_alone
from hitless.checking.verdict import Evidence, Outcome, Verdict, excerpt, failed, not_applicable, passed, unproven

_STAGE = Stage.ROLLOUT
_PARTS: tuple[Rule, ...] = (
    termination.catches_sigterm,
    termination.goes_on_after_sigterm,
    termination.accepts_new_connections,
    termination.answers_on_pooled_connections,
    termination.answers_what_it_received,
    termination.answers_the_last_request,
    termination.leaves_in_time,
    keep_alive.keeps_an_idle_connection,
    keep_alive.keeps_many_idle_connections,
)
_MOST = 5


@rule("HL901", "HITLESS-1", Level.MUST, _STAGE,
    fix="""
    See the rules of HL70x and HL80x: idle connections for 200 s, 60 s of linger with an open port, every request
    answered, then exit. `hitless build` makes images that do.
    """,
    bad="""
    CMD ["uvicorn", "app:app", "--port", "8080"]
    """,
    good="""
    CMD ["sh", "/home/run.sh"]   # made by hitless build
    """,
)  # fmt: skip
def upgrades_without_a_loss(seen: Seen) -> Verdict:
    """A rolling upgrade of the service interrupts no request.

    Two instances stand behind a balancer with pooled connections. The new one gets requests once its health check is
    positive; the old one gets SIGTERM, and the balancer learns only some seconds later that it is leaving. No request
    of a constant load may fail. The balancer never sends a request a second time: what an instance loses, a user sees.
    """
    if seen.profile.linger_s is None:
        return not_applicable("this edition does not say how a container stops")
    load = [one for one in seen.all(Exchange, _STAGE) if one.purpose in LOAD]
    begun = _noted(seen, SWAP_BEGAN)
    if begun is None or not load:
        return unproven(_incomplete(seen) or "no instance was replaced")
    lost = [one for one in load if _is_lost(one)]
    if any(one.until_s < begun.at_s for one in lost):
        return unproven("requests failed behind the balancer before the upgrade began")
    total = sum(one.until_s >= begun.at_s for one in load)
    words = f"{len(lost)} of {total:,} requests failed, 95 % upper bound {percent(upper_bound(len(lost), total or 1))}"
    if ended_alone(seen.record) is not None:
        return unproven(f"{words}: it also ends without being told to (HL505)")
    if found := _failed_part(seen):
        what = "explains it" if lost else "loses some another time"
        return unproven(f"{words}; {found[0].id} failed, and {what}: {found[1].message}")
    if not lost:
        why = _incomplete(seen)
        return unproven(why) if why else passed(words)
    if (late_s := _told_late(seen)) > seen.profile.linger_s:
        return unproven(f"{words}: this machine was busy, and the balancer learnt of it {late_s:.1f} s after SIGTERM")
    if seen.profile.name in EARLY_IS_FINE and _left_before(seen):
        return unproven(f"{words}: it left before the routes were changed, which this edition leaves open")
    return failed(
        words,
        *_evidence(seen, lost),
        expected="no request fails while one instance replaces the other",
        actual=kinds_of(lost),
        reproduce=commands(seen, _STAGE),
    )


def _failed_part(seen: Seen) -> tuple[Rule, Verdict] | None:
    """The first rule of a part that failed on this record."""
    for part in _PARTS:
        if any(seen.record.missing(stage) for stage in part.needs):
            continue
        verdict = part.judge(seen)
        if verdict.outcome is Outcome.FAILED:
            return part, verdict
    return None


def _left_before(seen: Seen) -> bool:
    """The old instance was gone when the balancer learnt of it."""
    told = _noted(seen, SWAP_TOLD)
    left = [one for one in seen.all(Exited, _STAGE) if not one.removed]
    return bool(left) and (told is None or left[0].at_s < told.at_s)


def _told_late(seen: Seen) -> float:
    """How long after SIGTERM the balancer was told, in seconds; 0 where it was not."""
    told, sent = _noted(seen, SWAP_TOLD), next(iter(seen.all(Signalled, _STAGE)), None)
    return told.at_s - sent.at_s if told is not None and sent is not None else 0.0


def _is_lost(one: Exchange) -> bool:
    return one.failure is not None or one.status >= 500


def _noted(seen: Seen, what: str) -> Noted | None:
    return next((one for one in seen.all(Noted, _STAGE) if one.what == what), None)


def _incomplete(seen: Seen) -> str:
    ended = seen.record.first(Ended, _STAGE)
    if ended is None:
        return "the stage was cut off"
    return "" if ended.complete else ended.why or "the upgrade was not seen to its end"


def _evidence(seen: Seen, lost: Sequence[Exchange]) -> list[Evidence]:
    lines = [
        Evidence(f"{one.what} {one.detail}".strip(), one.at_s, _STAGE.value)
        for one in seen.all(Noted, _STAGE)
        if one.what in (SWAP_BEGAN, SWAP_TOLD)
    ]
    lines += [Evidence("SIGTERM to the old instance", one.at_s, _STAGE.value) for one in seen.all(Signalled, _STAGE)]
    for one in lost[:_MOST]:
        how = one.failure.value if one.failure else f"status {one.status}: {excerpt(one.body, 200)}"
        lines.append(Evidence(f"{one.method} {one.path}: {how}", one.at_s, _STAGE.value))
    if len(lost) > _MOST:
        lines.append(Evidence(f"and {len(lost) - _MOST:,} more"))
    return lines
