"""Idle connections: HL701 to HL705. Every fault is the failure of one rule.

| what the subject does                                                  | fails | and so these say nothing    |
|------------------------------------------------------------------------|-------|-----------------------------|
| ends a connection that is idle for less than the edition's time        | HL701 | HL702, HL704                |
| keeps one idle connection for that long, but not many                  | HL702 | HL704                       |
| promises less in `Keep-Alive: timeout=` than it keeps                  | HL704 |                             |
| ends the connection after every answer (HTTP/1.0, `Connection: close`) | HL705 | HL701, HL702, HL704         |

A connection that is ended after the edition's time is no failure, and neither is one that is ended exactly then (the
published recipe says `--keep-alive 200`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hitless.checking import again
from hitless.checking.events import Closed, Ended, Exchange, Exited, Stage
from hitless.checking.probes.purposes import IDLE, OPENED, POOL_IDLE, POOL_OPENED
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.stopping import says_close
from hitless.checking.verdict import Evidence, Verdict, excerpt, failed, not_applicable, passed, unproven

_STAGE = Stage.KEEP_ALIVE
_EXACT = 0.005  # of the edition's time: clocks do not start at the same moment on both sides
_ENDED = "it ended by itself while its connections were idle (HL505)"
_TIMEOUT = re.compile(r"timeout\s*=\s*\"?(\d+)")
_FIX = """
    gunicorn --keep-alive 210 -k gevent …          # Gunicorn with an asynchronous worker
    uvicorn --timeout-keep-alive 210 …             # uvicorn
    keepalive_timeout 210s; keepalive_requests 100000000;   # nginx
    server.keepAliveTimeout = 210_000              // Node.js
    http.Server{IdleTimeout: 210 * time.Second}    // Go
    """
_BAD = """
    uvicorn app:app --host 0.0.0.0 --port 8080   # ends an idle connection after 5 s
    """
_GOOD = """
    uvicorn app:app --host 0.0.0.0 --port 8080 --timeout-keep-alive 210
    """


@dataclass(frozen=True)
class Idled:
    """One connection that was left idle: for how long, and whether it was good then. `what`: what came of it."""

    connection: int
    idle_s: float
    is_good: bool
    at_s: float
    what: str

    @property
    def evidence(self) -> Evidence:
        return Evidence(
            f"connection {self.connection}, idle for {self.idle_s:.1f} s: {self.what}", self.at_s, _STAGE.value
        )


def idled(seen: Seen, opened: str, used: str) -> list[Idled]:
    """Those whose first request has the purpose `opened`, and the second `used`, if it could be sent."""
    exchanges = seen.all(Exchange, _STAGE)
    first = {one.connection: one for one in exchanges if one.purpose == opened and one.status}
    second = {one.connection: one for one in exchanges if one.purpose == used}
    closed = {one.connection: one for one in seen.all(Closed, _STAGE) if one.connection in first}
    return list(_idled(first, second, closed))


def _idled(first: dict[int, Exchange], second: dict[int, Exchange], closed: dict[int, Closed]) -> Iterator[Idled]:
    for number, one in first.items():
        if number in second:
            again = second[number]
            what = "the request on it was answered" if again.status else f"the request on it failed: {_how(again)}"
            yield Idled(number, again.at_s - one.until_s, bool(again.status), again.at_s, what)
        elif number in closed:
            end = closed[number]
            yield Idled(number, end.idle_s, False, end.at_s, "it was ended" + (" by a reset" if end.reset else ""))


def _short(connections: list[Idled], wanted: float) -> list[Idled]:
    """Those that were not good although they were idle for less than the edition's time."""
    return [one for one in connections if not one.is_good and one.idle_s < wanted * (1 - _EXACT)]


def _long(connections: list[Idled], wanted: float) -> list[Idled]:
    return [one for one in connections if one.idle_s >= wanted * (1 - _EXACT)]


def _how(one: Exchange) -> str:
    return (one.failure.value if one.failure else "") + (f" ({one.detail})" if one.detail else "")


def _keeps_none(seen: Seen) -> bool:
    """Every first answer ended its connection."""
    first = [one for one in seen.all(Exchange, _STAGE) if one.purpose in (OPENED, POOL_OPENED) and one.status]
    closed = {one.connection for one in seen.all(Closed, _STAGE) if one.idle_s < 0.5}
    return bool(first) and all(says_close(one) or one.connection in closed for one in first)


def _incomplete(seen: Seen) -> str:
    ended = seen.record.first(Ended, _STAGE)
    if ended is None:
        return "the stage was cut off"
    return "" if ended.complete else ended.why or "it was not looked at for long enough"


def _ended(seen: Seen) -> bool:
    return any(not one.removed for one in seen.all(Exited, _STAGE))


def _asked(seen: Seen) -> float | Verdict:
    """The edition's seconds, or the answer of a rule that has nothing to judge."""
    wanted = seen.profile.keep_alive_s
    if wanted is None:
        return not_applicable("this edition does not say how long a connection is kept")
    if _ended(seen):
        return unproven(_ENDED)
    return not_applicable("it keeps no connection open (HL705)") if _keeps_none(seen) else float(wanted)


@rule("HL701", "KEEP-1", Level.MUST, _STAGE, fix=_FIX, bad=_BAD, good=_GOOD)
def keeps_an_idle_connection(seen: Seen) -> Verdict:
    """A connection that was idle for as long as the edition says is still good.

    The platform keeps connections to an instance and uses one again after a while. If the server ends idle connections
    sooner than the platform gives them up, now and then a request is sent on one that is just being ended: it fails,
    without a trace in the server's log, and as "4503" for who called. Most servers end them after 2 to 75 s.
    """
    wanted = _asked(seen)
    if isinstance(wanted, Verdict):
        return wanted
    singles = idled(seen, OPENED, IDLE)
    if short := _short(singles, wanted):
        return failed(
            f"an idle connection was ended after {min(one.idle_s for one in short):.1f} s",
            *(one.evidence for one in short[:5]),
            expected=f"an idle connection is good for {wanted:g} s",
            actual=f"it was ended after {min(one.idle_s for one in short):.1f} s",
            reproduce=_commands(seen, wanted),
        )
    if kept := _long(singles, wanted):
        good = [one for one in kept if one.is_good]
        words = "was good after it had been" if good else "was ended, as it may be, after it had been"
        best = max(good or kept, key=lambda one: one.idle_s)
        return passed(f"a connection {words} idle for {best.idle_s:.1f} s", best.evidence)
    return unproven(_incomplete(seen) or f"no connection was left idle for {wanted:g} s")


@rule("HL702", "KEEP-1", Level.MUST, _STAGE, fix=_FIX,
    bad="""
    gunicorn --keep-alive 200 -k gthread --threads 8 --worker-connections 16 …   # ends those beyond its limit
    """,
    good="""
    gunicorn --keep-alive 200 -k gevent --worker-connections 1000 …
    """,
)  # fmt: skip
def keeps_many_idle_connections(seen: Seen) -> Verdict:
    """Many idle connections are kept at the same time.

    A dispatcher holds a pool of connections to each instance. A server that has a thread for each, or a limit of idle
    ones, ends or starves the rest of the pool. The check leaves 50 idle and then uses all of them at once.
    """
    wanted = _asked(seen)
    if isinstance(wanted, Verdict):
        return wanted
    if _short(idled(seen, OPENED, IDLE), wanted):
        return not_applicable("not even a single idle connection is kept for long enough (HL701)")
    pool = idled(seen, POOL_OPENED, POOL_IDLE)
    opened = [one for one in seen.all(Exchange, _STAGE) if one.purpose == POOL_OPENED]
    unmade = [one for one in opened if not one.status]
    lost = _short(pool, wanted)
    if lost or unmade:
        shown = [one.evidence for one in lost[:5]]
        shown += [Evidence(f"connection {one.connection}: {_how(one)}", one.at_s, _STAGE.value) for one in unmade[:5]]
        return failed(
            f"{len(lost) + len(unmade)} of {len(opened)} pooled connections were not good",
            *shown,
            expected=f"all of {len(opened)} connections are good after {wanted:g} s without a request",
            actual=f"{len(lost)} were ended, {len(unmade)} could not be used at all",
            reproduce=_commands(seen, wanted),
        )
    kept = _long(pool, wanted)
    if kept and len(kept) == len(opened):
        return passed(f"{len(kept)} of {len(opened)} pooled connections were kept for {wanted:g} s without a request")
    return unproven(_incomplete(seen) or "the pool was not used again")


@rule("HL704", "KEEP-1", Level.SHOULD, _STAGE,
    fix="""
    Send `Keep-Alive: timeout=210`, or no such header at all.
    """,
    bad="""
    Keep-Alive: timeout=5
    """,
    good="""
    Keep-Alive: timeout=210
    """,
)  # fmt: skip
def promises_no_less(seen: Seen) -> Verdict:
    """Its `Keep-Alive` header promises no less than the edition asks for.

    Clients that read `Keep-Alive: timeout=5` give a connection up after 5 s, whatever the server does: the pool is then
    never used again, and every request pays for a new connection.
    """
    wanted = _asked(seen)
    if isinstance(wanted, Verdict):
        return wanted
    if _short([*idled(seen, OPENED, IDLE), *idled(seen, POOL_OPENED, POOL_IDLE)], wanted):
        return not_applicable("it keeps connections for less than that (HL701, HL702)")
    promised = [(one, int(found[1])) for one in seen.all(Exchange, _STAGE) if (found := _promise(one))]
    if not promised:
        return not_applicable("it sends no `Keep-Alive` header")
    exchange, least = min(promised, key=lambda pair: pair[1])
    if least >= wanted:
        return passed(f"its `Keep-Alive` header says {least} s")
    return failed(
        f"its `Keep-Alive` header says {least} s",
        Evidence(f"{exchange.method} {exchange.path}: Keep-Alive: timeout={least}", exchange.at_s, _STAGE.value),
        expected=f"timeout={wanted:g} or more, or no such header",
        actual=f"timeout={least}",
        reproduce=again.asked(seen, "curl -sSv http://{address}/ -o /dev/null 2>&1 | grep -i keep-alive"),
    )


def _promise(exchange: Exchange) -> re.Match[str] | None:
    return next((_TIMEOUT.search(value) for name, value in exchange.headers if name == "keep-alive"), None)


@rule("HL705", "KEEP-1", Level.MUST, _STAGE,
    fix="""
    Speak HTTP/1.1 and leave the connection open: gunicorn -k gevent (its default worker, sync, keeps none),
    protocol_version = "HTTP/1.1" with Python's http.server, keepalive_timeout above 0 with nginx.
    """,
    bad="""
    gunicorn --keep-alive 200 app:app   # worker class sync: --keep-alive has no effect
    """,
    good="""
    gunicorn --keep-alive 200 -k gevent app:app
    """,
)  # fmt: skip
def keeps_connections_at_all(seen: Seen) -> Verdict:
    """It leaves a connection open after an answer.

    Without keep-alive every request pays for a new connection, and the edition asks for keep-alive. A server that says
    `Connection: close` in every answer, or that speaks plain HTTP/1.0, has none, whatever its settings say.
    """
    if seen.profile.keep_alive_s is None:
        return not_applicable("this edition does not say how long a connection is kept")
    first = [one for one in seen.all(Exchange, _STAGE) if one.purpose in (OPENED, POOL_OPENED) and one.status]
    if not first:
        return unproven(_incomplete(seen) or "nothing was answered")
    if _ended(seen):
        return unproven(_ENDED)
    if not _keeps_none(seen):
        return passed("it leaves connections open after an answer")
    one = first[0]
    headers = excerpt("; ".join(f"{name}: {value}" for name, value in one.headers), 300)
    return failed(
        "it ends the connection after every answer",
        Evidence(f"{one.method} {one.path}: status {one.status}; {headers}", one.at_s, _STAGE.value),
        expected="the connection stays open after an answer",
        actual=f"all of {len(first)} connections were ended",
        reproduce=again.asked(
            seen, "curl -sSv http://{address}/ http://{address}/ 2>&1 | grep -iE 'connection|re-using'"
        ),
    )


def _commands(seen: Seen, wanted: float) -> str:
    """Two answers: it kept the connection."""
    ask = "GET /health HTTP/1.1\\r\\nHost: subject\\r\\n\\r\\n"
    host, _, port = again.address(seen).rpartition(":")
    sent = f"(printf '{ask}'; sleep {0.99 * wanted:g}; printf '{ask}'; sleep 1) | nc {host} {port}"
    return again.asked(seen, f"{sent}   # two answers: it kept the connection")
