"""SIGTERM under load: HL801 to HL807, and with rules/leaving.py to HL811. A fault fails one rule.

| what the subject does                                                   | fails | and so these say nothing      |
|-------------------------------------------------------------------------|-------|-------------------------------|
| serves on as if nothing had happened, and must be killed (deaf PID 1)    | HL801 | HL807, HL808, HL809           |
| leaves before the linger is over, at once or later                       | HL802 | HL803–HL806, HL808, HL809     |
| stays, and turns new connections away                                    | HL803 | HL804, HL806                  |
| stays, takes new connections, and ends used ones under a request         | HL804 | HL806                         |
| loses what it has received: in flight at SIGTERM, cut short, silent, 5xx | HL805 | HL806                         |
| leaves as the linger ends, with a request in flight                      | HL806 |                               |
| reacts, and is there still after the deadline, or leaves after it        | HL807 | HL808 (if it was killed)      |
| leaves in time with another code than 0 or 143                           | HL808 |                               |
| never tells its clients to make a new connection                         | HL809 |                               |
| leaves just before the deadline                                          | HL811 |                               |

An edition whose words are "stopping earlier is acceptable if every received request is processed" (EARLY_IS_FINE): to
leave early is then no failure of HL802, and HL805 judges what was received until then. HL811 informs.
"""

from __future__ import annotations

from hitless.checking.bounds import upper_bound
from hitless.checking.events import Exchange, Failure, Stage
from hitless.checking.probes.purposes import IDLE, LATE, POOL_IDLE, REST, SLOW, SLOWLY
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.stop_seen import (
    DEAF,
    EARLY,
    EARLY_IS_FINE,
    commands,
    evidence_of,
    kinds_of,
    last_signs,
    linger_of,
    percent,
    stop_of,
    whole,
)
from hitless.checking.stopping import LATENESS_S, Loss, Stopped
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven

_BAD_SH = """
    #!/bin/sh
    gunicorn --bind 0.0.0.0:8080 app:app
    """
_GOOD_SH = """
    #!/bin/sh
    gunicorn --keep-alive 200 --graceful-timeout 20 -k gevent --bind 0.0.0.0:8080 app:app &
    pid=$!
    trap 'sleep 60; kill -TERM "$pid"' TERM
    wait "$pid"
    wait "$pid"
    """
_FIX_SH = """
    # /home/run.sh: the server in the background, the shell in `wait`, so that the trap runs at once
    gunicorn --keep-alive 200 --graceful-timeout 20 -k gevent --bind 0.0.0.0:8080 app:app &
    pid=$!
    trap 'sleep 60; kill -TERM "$pid"' TERM
    wait "$pid"   # ends when the trap has run
    wait "$pid"   # ends when the server has
    """


@rule("HL801", "EXIT-1", Level.MUST, Stage.STOP, fix=_FIX_SH, bad=_BAD_SH, good=_GOOD_SH)
def catches_sigterm(seen: Seen) -> Verdict:
    """The container reacts to SIGTERM.

    The first process of a container gets no default action for signals: one that has no handler does not even notice
    SIGTERM. A shell that runs its server in the foreground is such a process, and the server, its child, is never told.
    The platform then waits for the whole grace period and kills the container, with every request that is in it.
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.reaction:
        return passed(f"it reacts to SIGTERM: {stop.reaction}")
    if stop.incomplete:
        return unproven(f"nothing was seen of a reaction within {stop.watched_s:.0f} s: {stop.incomplete}")
    return failed(
        f"it went on for {stop.watched_s:.0f} s after SIGTERM as if nothing had happened, and was killed",
        *last_signs(stop),
        expected=f"it catches SIGTERM, and leaves within {stop.deadline_s:g} s",
        actual="no new behaviour, no line in the log, no exit",
        reproduce=commands(seen),
    )


@rule(
    "HL802", "EXIT-2", Level.MUST, Stage.STOP, fix=_FIX_SH,
    bad="""
    CMD ["uvicorn", "app:app", "--port", "8080"]   # leaves as soon as it gets SIGTERM
    """,
    good="""
    CMD ["sh", "/home/run.sh"]   # whose trap sleeps for 60 s and then ends the server
    """,
)  # fmt: skip
def goes_on_after_sigterm(seen: Seen) -> Verdict:
    """After SIGTERM the container goes on for the whole linger.

    The signal and the change of the routes are on their way at the same time, and the routes are slower: for a while
    after SIGTERM requests still arrive. Who has left by then leaves them to fail. The edition gives this time as 60 s.
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.left_early:
        words = f"it left {stop.exit_s:.1f} s after SIGTERM"
        if seen.profile.name in EARLY_IS_FINE:
            return passed(f"{words}, which this edition accepts if what was received is answered (HL805)")
        return failed(
            words,
            *evidence_of(stop, stop.of(*Loss)),
            expected=f"it runs for {stop.linger_s:g} s after SIGTERM",
            actual=f"exit code {stop.left.code} after {stop.exit_s:.1f} s" if stop.left else "",
            reproduce=commands(seen),
        )
    if stop.exit_s is None and stop.watched_s < stop.linger_s:
        return unproven(stop.incomplete or f"it was watched for {stop.watched_s:.0f} s only")
    return passed(f"it still ran {stop.linger_s:g} s after SIGTERM")


@rule(
    "HL803", "EXIT-2", Level.MUST, Stage.STOP, fix=_FIX_SH,
    bad="""
    signal.signal(signal.SIGTERM, lambda *_: server.close())   # the port is closed, the process lingers
    """,
    good="""
    loop.add_signal_handler(signal.SIGTERM, lambda: loop.call_later(60, server.close))
    """,
)  # fmt: skip
def accepts_new_connections(seen: Seen) -> Verdict:
    """While it lingers, new connections are accepted.

    The first thing that most servers do on SIGTERM is to close the port that they listen on. Whoever still has the old
    route then gets "connection refused", although the process is there for another minute.
    """
    stop = linger_of(seen)
    if isinstance(stop, Verdict):
        return stop
    lost = stop.of(Loss.NEW)
    if lost:
        first = lost[0].at_s - stop.at_s
        return failed(
            f"{len(lost)} new connections were turned away, the first {max(0.0, first):.1f} s after SIGTERM",
            *evidence_of(stop, lost),
            expected=f"new connections are accepted for {stop.linger_s:g} s after SIGTERM",
            actual=kinds_of(lost),
            reproduce=commands(seen),
        )
    return whole(stop, f"new connections were accepted for {stop.linger_s:g} s after SIGTERM")


@rule(
    "HL804", "EXIT-2", Level.MUST, Stage.STOP,
    fix="""
    Answer what comes on an open connection with `Connection: close` and end the connection after that answer.
    """,
    bad="""
    for connection in connections: connection.close()   # a request may be on its way on any of them
    """,
    good="""
    response.headers["Connection"] = "close"   # from SIGTERM on; then close it, after the answer
    """,
)  # fmt: skip
def answers_on_pooled_connections(seen: Seen) -> Verdict:
    """While it lingers, requests on connections that were open before are answered.

    The platform keeps connections to an instance and uses them again. A server that ends them on SIGTERM races with
    requests that are on their way: these get a reset, and a POST must not be sent again by whoever sent it.
    """
    stop = linger_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.of(Loss.NEW):
        return unproven("it turns away new connections, too (HL803)")
    lost = stop.of(Loss.POOLED)
    if lost and all(one.purpose == REST for one in lost) and _loses_idle_ones(seen):
        return unproven("requests on connections that were idle are lost at any time (HL701)")
    if lost:
        return failed(
            f"{len(lost)} requests on connections that had been in use were lost",
            *evidence_of(stop, lost),
            expected="a connection is ended after an answer, never under a request",
            actual=kinds_of(lost),
            reproduce=commands(seen),
        )
    return whole(stop, "requests on pooled connections were answered until the linger was over")


@rule(
    "HL805", "EXIT-3", Level.MUST, Stage.STOP,
    fix="""
    Stop in this order: (1) go on as before for 60 s, (2) accept nothing more, (3) wait until every request that was
    received is answered, (4) only then end the model's workers, (5) exit. With Gunicorn: --graceful-timeout 20.
    """,
    bad="""
    trap 'kill -9 "$pid"' TERM   # with all that it is working on
    """,
    good="""
    trap 'sleep 60; kill -TERM "$pid"' TERM   # Gunicorn and others finish what they have on SIGTERM
    """,
)  # fmt: skip
def answers_what_it_received(seen: Seen) -> Verdict:
    """Every request that was received before or after SIGTERM is answered.

    A request that is cut, forgotten or answered with an error of the server (5xx) is an interruption that a user sees.
    Counted are all requests of a constant load from SIGTERM on, and some that were begun before it and finished after.
    That none of N failed shows that fewer than about 3/N do (95 % confidence).
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.left_early and seen.profile.name not in EARLY_IS_FINE:
        return unproven(EARLY)
    if stop.lost_before:
        return unproven(f"{len(stop.lost_before)} requests of the load were lost before SIGTERM already")
    lost = _received_and_lost(stop)
    if lost and all(one.purpose == SLOW for one in lost) and _cuts_slow_clients(seen):
        return unproven("it cuts requests that are sent slowly at any time (HL614), and those were")
    total = len(stop.asked) - len(stop.losses) + len(lost)
    if not total:
        return unproven("no request was received after SIGTERM")
    words = f"{len(lost)} of {total:,} requests failed, 95 % upper bound {percent(upper_bound(len(lost), total))}"
    if lost:
        return failed(
            words,
            *evidence_of(stop, lost),
            expected="every request that was received is answered",
            actual=kinds_of(lost),
            reproduce=commands(seen),
        )
    return whole(stop, words)


def _loses_idle_ones(seen: Seen) -> bool:
    used = [one for one in seen.all(Exchange, Stage.KEEP_ALIVE) if one.purpose in (IDLE, POOL_IDLE)]
    return any(one.failure is not None for one in used)


def _cuts_slow_clients(seen: Seen) -> bool:
    sent = [one for one in seen.all(Exchange, Stage.API) if one.purpose == SLOWLY]
    return any(one.failure is not None for one in sent)


def _received_and_lost(stop: Stopped) -> tuple[Exchange, ...]:
    """HL803, HL804 and HL806 tell of the other losses; of one that left early, all but those that it refused."""
    if stop.left_early:
        return tuple(one for one, _ in stop.losses if one.failure is not Failure.REFUSED)
    return stop.of(Loss.RECEIVED)


@rule(
    "HL806", "EXIT-3", Level.MUST, Stage.STOP,
    fix="""
    After the linger, end the server gracefully and wait for it: kill -TERM "$pid"; wait "$pid".
    """,
    bad="""
    trap 'sleep 60; exit 0' TERM   # the container ends with the shell, and the server with the container
    """,
    good="""
    trap 'sleep 60; kill -TERM "$pid"' TERM
    wait "$pid"
    wait "$pid"
    """,
)  # fmt: skip
def answers_the_last_request(seen: Seen) -> Verdict:
    """A request that arrives at the end of the linger is answered.

    The linger ends, but a request that came just before it is still being worked on: between the linger (60 s) and the
    deadline (90 s) there is time to finish it. The check sends some whose bodies take longer than the linger lasts;
    where requests have no body, some in the last second.
    """
    stop = linger_of(seen)
    if isinstance(stop, Verdict):
        return stop
    late = [one for one, kind in stop.losses if kind is Loss.LATE]
    answered = [one for one in stop.exchanges if one.purpose == LATE and not stop.is_lost(one)]
    if stop.of(Loss.NEW, Loss.POOLED, Loss.RECEIVED) or stop.lost_before:
        return unproven("requests were lost earlier already (HL803, HL804, HL805)")
    if late and _cuts_slow_clients(seen):
        return unproven("it cuts requests that are sent slowly at any time (HL614), and this one was")
    if late:
        return failed(
            "a request from the end of the linger was lost",
            *evidence_of(stop, late),
            expected="what was received before the linger was over is answered",
            actual=kinds_of(late),
            reproduce=commands(seen),
        )
    if not answered:
        return unproven(stop.incomplete or "this busy machine sent what should show it too late, or too slowly")
    sent_s, until_s = answered[-1].sent_s - stop.at_s, answered[-1].until_s - stop.at_s
    return passed(f"a request sent {sent_s:.1f} s after SIGTERM was answered {until_s:.1f} s after it")


@rule(
    "HL807", "EXIT-4", Level.MUST, Stage.STOP,
    fix="""
    Give the server less time than is left after the linger: 60 s + --graceful-timeout 20 < 90 s. And wait for what was
    started only, not for `sleep infinity` beside it.
    """,
    bad="""
    trap 'sleep 60; kill -TERM "$pid"; wait "$pid"; sleep 60' TERM
    """,
    good=_GOOD_SH,
)  # fmt: skip
def leaves_in_time(seen: Seen) -> Verdict:
    """It has left when the deadline comes.

    The platform waits for at most 90 s after SIGTERM; what is still there then is killed, whatever it is doing.
    """
    stop = stop_of(seen)
    if isinstance(stop, Verdict):
        return stop
    if stop.exit_s is not None and stop.exit_s <= stop.deadline_s + LATENESS_S:
        return passed(f"it left {stop.exit_s:.1f} s after SIGTERM")
    if stop.exit_s is None and stop.incomplete:
        return unproven(stop.incomplete)
    if stop.is_deaf:
        return not_applicable(DEAF)
    actual = f"it left after {stop.exit_s:.1f} s" if stop.exit_s else f"it was there after {stop.watched_s:.0f} s"
    return failed(
        "it was killed after the deadline" if stop.exit_s is None else "it left after the deadline",
        *last_signs(stop),
        expected=f"it has left at most {stop.deadline_s:g} s after SIGTERM",
        actual=actual,
        reproduce=commands(seen),
    )
