"""How an instance stopped, read from a record: when it left, how it changed, and which requests it lost in which way.

A lost request is told once: `Loss` sorts them, so that one fault of a subject is the failure of one rule. Pure.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hitless.checking.events import Ended, Exchange, Exited, Failure, Logged, Noted, Signalled, Stage
from hitless.checking.probes.purposes import LATE, LOAD, POOL_SIZE, POOLED, PULSE, RECEIVED, REST, SIGTERM_SENT
from hitless.checking.record import Record

EARLY_S = 0.25  # before the end of the linger that is still no early end: clocks, and the way of a signal
NOTICED_S = 0.5  # what was answered sooner may have been answered before the signal came
MOMENT_S = 0.2  # the way of a signal, and of a request into the hands of its server
AT_EXIT_S = 0.5  # a connection that ends so shortly before the exit is seen ended with it
STRETCHED_S = 0.5  # a body that the check itself sends so much more slowly than intended shows nothing, if it is lost
AT_ONCE_S = 2.0  # a connection that ends without an answer within so long was turned away, not forgotten
LATENESS_S = 1.0  # until an exit is seen
_WORDS = re.compile(r"sigterm|signal|terminat|shut|graceful|drain|stop|exit|quit|bye", re.IGNORECASE)
_SAYS_WITHIN_S = 5.0


class Loss(StrEnum):
    """Where a lost request belongs."""

    NEW = "a new connection was turned away"  # sent after SIGTERM: refused, or ended at once without an answer
    POOLED = "a pooled connection was ended under a request"  # sent after SIGTERM on a connection that was in use
    RECEIVED = "a request that it had received was not answered"  # in flight at SIGTERM, cut, silent, 5xx
    LATE = "a request from the end of the linger was not answered"


@dataclass(frozen=True)
class Stopped:
    """`at_s`: of SIGTERM, by the stage's clock; `delivered_s`: when it had surely been delivered, engines take their
    time. `exchanges`: of the stage, all. `left`: it ended by itself.

    `watched_s`: for how long after SIGTERM; `incomplete`: why not until the deadline, else empty.
    """

    at_s: float
    delivered_s: float
    linger_s: float
    deadline_s: float
    exchanges: tuple[Exchange, ...]
    left: Exited | None
    lines: tuple[Logged, ...] = ()
    watched_s: float = 0.0
    incomplete: str = ""

    @property
    def exit_s(self) -> float | None:
        """Seconds from SIGTERM to its end."""
        return None if self.left is None else max(0.0, self.left.at_s - self.at_s)

    @property
    def left_early(self) -> bool:
        return self.exit_s is not None and self.exit_s < self.linger_s - EARLY_S

    @functools.cached_property
    def asked(self) -> tuple[Exchange, ...]:
        """Requests that SIGTERM met or that were sent after it, while the instance has to take them: without those
        that this busy machine sent too late, or so slowly that they were cut."""
        return tuple(
            one
            for one in self.exchanges
            if one.purpose in RECEIVED
            and one.until_s >= self.at_s
            and not self._came_too_late(one)
            and not self._was_delayed(one)
        )

    def _was_delayed(self, one: Exchange) -> bool:
        """Cut after the linger, in a body that would have been whole by then."""
        end = self.at_s + self.linger_s
        is_cut = one.purpose == LATE and one.failure is not None and one.until_s > end + STRETCHED_S
        return is_cut and one.stretched_s > STRETCHED_S

    def _came_too_late(self, one: Exchange) -> bool:
        """Sent, or turned away, when the linger was over already: whoever sends is late now and then."""
        end = self.at_s + self.linger_s
        turned_away = one.failure in (Failure.REFUSED, Failure.RESET, Failure.CLOSED)
        return one.sent_s > end or (
            turned_away and one.purpose != LATE and one.until_s > end and one.until_s - one.sent_s < AT_ONCE_S
        )

    @functools.cached_property
    def lost_before(self) -> tuple[Exchange, ...]:
        return tuple(
            one for one in self.exchanges if one.purpose in LOAD and one.until_s < self.at_s and self.is_lost(one)
        )

    @functools.cached_property
    def usual(self) -> frozenset[int]:
        """The statuses of answers before SIGTERM."""
        before = (one for one in self.exchanges if one.purpose in RECEIVED and one.until_s < self.at_s)
        return frozenset(one.status for one in before if one.status and one.status < 500)

    def is_lost(self, exchange: Exchange) -> bool:
        """No whole answer, one of 5xx, or another 4xx than before SIGTERM."""
        if exchange.failure is not None or exchange.status >= 500:
            return True
        return exchange.status >= 400 and exchange.until_s >= self.at_s and exchange.status not in self.usual

    @functools.cached_property
    def losses(self) -> tuple[tuple[Exchange, Loss], ...]:
        lost = [(one, self.loss(one)) for one in self.asked if self.is_lost(one)]
        certain = {kind for one, kind in lost if not self._in_the_moment(one)}
        return tuple((one, self._told_with(certain, one) if self._in_the_moment(one) else kind) for one, kind in lost)

    def _in_the_moment(self, one: Exchange) -> bool:
        """Nobody can tell whether it had been received, or its connection accepted, when SIGTERM came."""
        turned_away = one.failure in (Failure.RESET, Failure.CLOSED) and one.until_s >= self.at_s
        return turned_away and one.sent_s >= self.at_s - MOMENT_S and one.at_s <= self.delivered_s + MOMENT_S

    def _told_with(self, certain: set[Loss], one: Exchange) -> Loss:
        """It belongs to what is lost later on such connections, if anything is; else it was received."""
        later = Loss.POOLED if one.nth > 1 else Loss.NEW
        return later if later in certain else Loss.RECEIVED

    def of(self, *kinds: Loss) -> tuple[Exchange, ...]:
        return tuple(one for one, kind in self.losses if kind in kinds)

    def loss(self, one: Exchange) -> Loss:
        """Of a lost request."""
        if one.failure is Failure.REFUSED:
            return Loss.NEW
        if one.purpose == LATE:
            return Loss.LATE
        turned_away = one.failure in (Failure.RESET, Failure.CLOSED) and one.until_s - one.sent_s < AT_ONCE_S
        if one.sent_s < self.at_s or not turned_away or self._ended_with_it(one):
            return Loss.RECEIVED
        return Loss.POOLED if one.nth > 1 else Loss.NEW

    def _ended_with_it(self, one: Exchange) -> bool:
        return self.left is not None and one.until_s > self.left.at_s - AT_EXIT_S

    @functools.cached_property
    def reaction(self) -> str:
        """What changed after SIGTERM that can be seen from outside; empty: nothing at all."""
        if self.left is not None:
            return f"it left after {self.exit_s:.1f} s"
        after = [one for one in self.exchanges if one.at_s >= self.at_s]
        if lost := [one for one in after if self.is_lost(one) and one.purpose != PULSE]:
            return f"a request was lost ({lost[0].failure or lost[0].status})"
        if self.said_close and not self.closed_before:
            return "answers carry `Connection: close`"
        if self.pulses_before and self.turned is not None:
            return f"its health check answers {_shown(self.turned)}"
        if said := [line for line in self.lines if _WORDS.search(line.line)]:
            return f"it says {said[0].line[:100]!r}"
        return ""

    @property
    def is_deaf(self) -> bool:
        """Watched until the deadline was over, it went on as if nothing had happened."""
        return not self.incomplete and not self.reaction

    # Answers on connections that it could keep

    @functools.cached_property
    def kept_after(self) -> tuple[Exchange, ...]:
        """Answers of the linger to requests that did not ask for the end of their connection."""
        return tuple(one for one in self._kept if one.sent_s >= self.at_s)

    @functools.cached_property
    def _kept(self) -> tuple[Exchange, ...]:
        return tuple(one for one in self.exchanges if one.purpose in (POOLED, REST) and one.status)

    @property
    def said_close(self) -> tuple[Exchange, ...]:
        return tuple(one for one in self.kept_after if says_close(one))

    @property
    def closed_before(self) -> bool:
        """It ended every connection after one answer before it got SIGTERM, too, in words or, as HTTP/1.0, without."""
        before = [one for one in self._kept if one.until_s < self.at_s]
        is_told = all(map(says_close, before))
        is_silent = not self.said_close and len(self._kept) > POOL_SIZE and not self.reused
        return bool(before) and (is_told or is_silent)

    @property
    def reused(self) -> bool:
        """A connection carried more than one answer."""
        return any(one.nth > 1 for one in self._kept)

    # Its health check

    @functools.cached_property
    def pulses_before(self) -> tuple[Exchange, ...]:
        return tuple(one for one in self.exchanges if one.purpose == PULSE and one.until_s < self.at_s)

    @functools.cached_property
    def turned(self) -> Exchange | None:
        """The first pulse after SIGTERM, and before its end, that came out otherwise than those before."""
        usual = {(one.status, one.failure) for one in self.pulses_before}
        for one in self.exchanges:
            is_later = one.purpose == PULSE and one.at_s >= self.at_s
            if is_later and not self._ended_with_it(one) and (one.status, one.failure) not in usual:
                return one
        return None


def says_close(exchange: Exchange) -> bool:
    return any(name == "connection" and "close" in value.lower() for name, value in exchange.headers)


def stopped(record: Record, linger_s: float, deadline_s: float, stage: Stage = Stage.STOP) -> Stopped | None:
    """None where no SIGTERM was sent."""
    signalled = record.first(Signalled, stage)
    if signalled is None:
        return None
    name, at_s = signalled.instance, signalled.at_s
    ended = record.first(Ended, stage)
    exits = [one for one in record.all(Exited, stage) if one.instance == name and not one.removed and one.at_s >= at_s]
    said = (one for one in record.all(Logged, stage) if one.instance == name)
    delivered = (one.at_s for one in record.all(Noted, stage) if one.what == SIGTERM_SENT)
    return Stopped(
        at_s,
        next(delivered, at_s),
        linger_s,
        deadline_s,
        tuple(one for one in record.all(Exchange, stage) if one.instance == name),
        exits[0] if exits else None,
        tuple(one for one in said if at_s <= one.at_s <= at_s + _SAYS_WITHIN_S),
        watched_s=max(0.0, ended.at_s - at_s) if ended else 0.0,
        incomplete=_incomplete(ended),
    )


def _incomplete(ended: Ended | None) -> str:
    if ended is None:
        return "the stage was cut off"
    return "" if ended.complete else ended.why or "it was not watched until the deadline"


def told(lost: Iterable[Exchange], since_s: float, most: int = 5) -> list[tuple[float, str]]:
    """The first few lost requests, for people: seconds since SIGTERM, and where and how."""
    return [(round(one.at_s, 2), _line(one, one.at_s - since_s)) for one in list(lost)[:most]]


def _line(one: Exchange, after_s: float) -> str:
    place = f"connection {one.connection}, " + (f"used again (request {one.nth})" if one.nth > 1 else "new")
    took = one.until_s - one.at_s
    detail = f" ({one.detail})" if one.detail else ""
    when = f"{-after_s:.2f} s before SIGTERM" if after_s < 0 else f"{after_s:.2f} s after SIGTERM"
    return f"{when}, {one.method} {one.path} on {place}: {_shown(one)} after {took:.2f} s{detail}"


def _shown(one: Exchange) -> str:
    return one.failure.value if one.failure else f"status {one.status}"
