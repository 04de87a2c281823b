"""The whole table: every phase × every event. What cannot happen is a KeyError; after the end, nothing changes."""

from __future__ import annotations

import pytest

from hitless.serving.lifecycle import Event, Phase, after, events_of

S, R, L, D, X = Phase.STARTING, Phase.READY, Phase.LINGERING, Phase.DRAINING, Phase.STOPPED
NEVER = None

#                      STARTING READY LINGERING DRAINING STOPPED
TABLE = {
    Event.LOADED:          (R,     R,     L,     D,     X),
    Event.LOAD_FAILED:     (X,     X,     X,     X,     X),
    Event.TERMINATE:       (L,     L,     L,     D,     X),
    Event.INTERRUPT:       (D,     D,     D,     X,     X),
    Event.LINGER_OVER:     (NEVER, NEVER, D,     D,     X),
    Event.LAST_REPLY_SENT: (NEVER, NEVER, NEVER, X,     X),
    Event.DEADLINE_HIT:    (NEVER, NEVER, X,     X,     X),
}  # fmt: skip
CELLS = [
    pytest.param(phase, event, row[phase], id=f"{phase.name}-{event.name}")
    for event, row in TABLE.items()
    for phase in Phase
]


def test_the_table_has_every_phase_and_event() -> None:
    assert set(TABLE) == set(Event)
    assert all(len(row) == len(Phase) for row in TABLE.values())


@pytest.mark.parametrize(("phase", "event", "expected"), CELLS)
def test_after(phase: Phase, event: Event, expected: Phase | None) -> None:
    assert (event in events_of(phase)) is (expected is not NEVER)
    if expected is NEVER:
        with pytest.raises(KeyError):
            after(phase, event)
    else:
        assert after(phase, event) is expected
        assert expected >= phase  # a life has one direction


@pytest.mark.parametrize(
    ("phase", "accepting", "leaving"),
    [
        pytest.param(S, True, False, id="starting"),
        pytest.param(R, True, False, id="ready"),
        pytest.param(L, True, True, id="lingering-still-accepts"),  # EXIT-2
        pytest.param(D, False, True, id="draining"),
        pytest.param(X, False, True, id="stopped"),
    ],
)
def test_what_a_phase_means(phase: Phase, accepting: bool, leaving: bool) -> None:
    assert (phase.accepting, phase.leaving) == (accepting, leaving)
