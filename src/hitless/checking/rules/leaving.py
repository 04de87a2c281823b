"""The manners of a stop: HL808 to HL811. The table in rules/termination.py says when they have nothing to say."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.stop_seen import (
    DEAF,
    EARLY,
    EARLY_IS_FINE,
    commands,
    evidence_of,
    linger_of,
    stop_of,
)
from hitless.checking.stopping import LATENESS_S, NOTICED_S
from hitless.checking.verdict import Evidence, Verdict, excerpt, failed, not_applicable, passed, unproven

_GOOD_CODES = (0, 143)
_THIN = 0.05  # of the deadline: 60 s of sleep and 30 s of graceful timeout leave less


@rule(
    "HL808", "EXIT-4", Level.SHOULD, Stage.STOP,
    fix="""
    wait "$pid"; exit 0   # at the end of run.sh; or `exec` the server, whose own code then counts
    """,
    bad="""
    trap 'kill -9 "$pid"' TERM; wait "$pid"   # 137, as if it had been killed
    """,
    good="""
    trap 'sleep 60; kill -TERM "$pid"' TERM; wait "$pid"; wait "$pid"; exit 0
    """,
)  # fmt: skip
def exits_cleanly(seen: Seen) -> Verdict:
    """Its exit code after SIGTERM is 0 or 143.

    143 (128 + 15) says "ended by SIGTERM", 0 says "done". Any other code reads as a crash in the platform's events, so
    that every upgrade looks like a failure, and a real one is overlooked.
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.left is None:
        return unproven(stop.incomplete) if stop.incomplete else not_applicable("it did not leave by itself")
    if stop.left_early and seen.profile.name not in EARLY_IS_FINE:
        return unproven(EARLY)
    if stop.left.code in _GOOD_CODES:
        return passed(f"it left with code {stop.left.code}")
    return failed(
        f"it left with code {stop.left.code}",
        *evidence_of(stop, ()),
        expected="exit code 0 or 143 after SIGTERM",
        actual=f"exit code {stop.left.code}",
        reproduce=commands(seen),
    )


@rule(
    "HL809", "EXIT-2", Level.SHOULD, Stage.STOP,
    fix="""
    From SIGTERM on, add `Connection: close` to every answer, and close the connection after it.
    """,
    bad="""
    # after SIGTERM, as before:
    HTTP/1.1 200 OK
    Content-Length: 17
    """,
    good="""
    # after SIGTERM:
    HTTP/1.1 200 OK
    Content-Length: 17
    Connection: close
    """,
)  # fmt: skip
def says_connection_close(seen: Seen) -> Verdict:
    """While it lingers, its answers tell pooled clients to make a new connection.

    A pooled connection outlives the change of the routes: whoever holds it goes on using it until somebody ends it. If
    the server ends it without a word, a request may be on its way. `Connection: close` (RFC 9112, section 9.6) moves
    clients over one answer at a time, and nothing is lost.
    """
    stop = linger_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.closed_before:
        return not_applicable("it keeps no connection open (HL705)")
    if stop.is_deaf:
        return not_applicable(DEAF)
    if stop.said_close:
        return passed(
            f"{len(stop.said_close)} of {len(stop.kept_after)} answers after SIGTERM said `Connection: close`"
        )
    after = [one for one in stop.kept_after if one.until_s > stop.at_s + NOTICED_S]
    if not stop.reused:
        return unproven("too few requests were answered to tell whether it keeps connections open at all")
    if not after:
        return unproven(stop.incomplete or "nothing was answered on a pooled connection after SIGTERM")
    if stop.incomplete:
        return unproven(f"not within {stop.watched_s:.0f} s: {stop.incomplete}")
    last = after[-1]
    text = f"{last.at_s - stop.at_s:.1f} s after SIGTERM, status {last.status}: " + _headers(last.headers)
    return failed(
        f"none of {len(after)} answers on pooled connections after SIGTERM said `Connection: close`",
        Evidence(text, last.at_s, Stage.STOP.value),
        expected="Connection: close",
        actual="the same headers as before SIGTERM",
        reproduce=commands(seen),
    )


def _headers(headers: tuple[tuple[str, str], ...]) -> str:
    return excerpt("; ".join(f"{name}: {value}" for name, value in headers), 300)


@rule(
    "HL811", "EXIT-4", Level.INFO, Stage.STOP,
    fix="""
    Leave the server less time: sleep 60 and --graceful-timeout 20 make 80 s at most, of 90.
    """,
    bad="""
    trap 'sleep 60; kill -TERM "$pid"' TERM   # and Gunicorn's own --graceful-timeout is 30: 90 s together
    """,
    good="""
    gunicorn --graceful-timeout 20 …
    """,
)  # fmt: skip
def has_a_margin(seen: Seen) -> Verdict:
    """There is time left between its exit and the deadline.

    A busy machine is slower than this test. Who needs all of the 90 s here is killed there, now and then.
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.exit_s is None:
        return unproven(stop.incomplete) if stop.incomplete else not_applicable("it did not leave by itself")
    margin_s = stop.deadline_s - stop.exit_s
    if margin_s < -LATENESS_S:
        return not_applicable("it left after the deadline (HL807)")
    words = f"it left {stop.exit_s:.1f} s after SIGTERM, {max(0.0, margin_s):.1f} s before the deadline"
    if margin_s >= _THIN * stop.deadline_s:
        return passed(words)
    return failed(
        words,
        *evidence_of(stop, ()),
        expected=f"at least {_THIN * stop.deadline_s:.1f} s before the deadline of {stop.deadline_s:g} s",
        actual=f"{max(0.0, margin_s):.1f} s",
        reproduce=commands(seen),
    )
