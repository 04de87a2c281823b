"""Everything that changes the phase of a server lives here; nothing here waits, reads a clock or a socket.

The supervisor and its workers only carry out what this table says (clauses EXIT-1 to EXIT-4).
"""

from __future__ import annotations

from enum import Enum, IntEnum


class Phase(IntEnum):
    """Where a server is in its life. Numbers, because they lie in shared memory and in a metric."""

    STARTING = 0
    READY = 1
    LINGERING = 2
    DRAINING = 3
    STOPPED = 4

    @property
    def accepting(self) -> bool:
        """New connections are taken: in every phase up to the end of the linger (EXIT-2)."""
        return self <= Phase.LINGERING

    @property
    def leaving(self) -> bool:
        """Answers carry `Connection: close`, so that pooled clients move over."""
        return self >= Phase.LINGERING


class Event(Enum):
    LOADED = "every worker has loaded its model"
    LOAD_FAILED = "the model cannot be loaded"
    TERMINATE = "SIGTERM"
    INTERRUPT = "SIGINT: as SIGTERM, without the linger"
    LINGER_OVER = "the linger has passed"
    LAST_REPLY_SENT = "no request is left"
    DEADLINE_HIT = "the deadline has passed"


_NEXT: dict[tuple[Phase, Event], Phase] = {
    (Phase.STARTING, Event.LOADED): Phase.READY,
    (Phase.STARTING, Event.TERMINATE): Phase.LINGERING,  # what was received may still be answered once it is loaded
    (Phase.STARTING, Event.INTERRUPT): Phase.DRAINING,
    (Phase.READY, Event.LOADED): Phase.READY,  # a replaced worker is back
    (Phase.READY, Event.TERMINATE): Phase.LINGERING,  # EXIT-2: still accepting
    (Phase.READY, Event.INTERRUPT): Phase.DRAINING,
    (Phase.LINGERING, Event.LOADED): Phase.LINGERING,
    (Phase.LINGERING, Event.TERMINATE): Phase.LINGERING,  # a second SIGTERM changes nothing
    (Phase.LINGERING, Event.INTERRUPT): Phase.DRAINING,
    (Phase.LINGERING, Event.LINGER_OVER): Phase.DRAINING,  # EXIT-3: finish what was received
    (Phase.LINGERING, Event.DEADLINE_HIT): Phase.STOPPED,
    (Phase.DRAINING, Event.LOADED): Phase.DRAINING,
    (Phase.DRAINING, Event.TERMINATE): Phase.DRAINING,
    (Phase.DRAINING, Event.INTERRUPT): Phase.STOPPED,  # a second Ctrl-C: now
    (Phase.DRAINING, Event.LINGER_OVER): Phase.DRAINING,
    (Phase.DRAINING, Event.LAST_REPLY_SENT): Phase.STOPPED,
    (Phase.DRAINING, Event.DEADLINE_HIT): Phase.STOPPED,  # EXIT-4
    **{(phase, Event.LOAD_FAILED): Phase.STOPPED for phase in Phase},
    **{(Phase.STOPPED, event): Phase.STOPPED for event in Event},  # whatever comes in the same turn
}


def after(phase: Phase, event: Event) -> Phase:
    """The phase that follows; an event that cannot happen in a phase is a KeyError, that is, a bug of ours."""
    return _NEXT[phase, event]


def events_of(phase: Phase) -> frozenset[Event]:
    """What may happen in a phase."""
    return frozenset(event for known, event in _NEXT if known is phase)
