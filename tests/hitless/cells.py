"""The table: a step of the protocol (row), what happens to the server there (column), and what must come of it.

The words are those of `outcomes.Outcome`, the rows those of `steps`, the columns those of `events`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.hitless.events import EVENTS, Event
from tests.hitless.outcomes import Outcome
from tests.hitless.steps import STEPS, Step

TABLE = """
                                 | linger   | drain    | interrupt | never  | frozen | killed  | other killed | reload
connected, silent                | answered | closed   | closed    | closed | closed | closed  | goes on      | answered
half a request line              | answered | answered | answered  | closed | closed | closed  | goes on      | answered
head half sent                   | answered | answered | answered  | closed | closed | closed  | goes on      | answered
body half sent                   | answered | answered | answered  | closed | closed | closed  | goes on      | answered
100 Continue said, body awaited  | answered | answered | answered  | closed | closed | closed  | goes on      | answered
upload under way, sized          | answered | answered | answered  | closed | closed | closed  | goes on      | answered
upload under way, chunked        | answered | answered | answered  | closed | closed | closed  | goes on      | answered
request sent, worker stopped     | answered | answered | answered  | lost   | lost   | lost    | goes on      | answered
request sent, event loop busy    | answered | answered | answered  | lost   | lost   | lost    | goes on      | answered
waiting for the model            | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
in the model, in a thread        | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
in the model, in the loop        | answered | answered | answered  | lost   | lost   | lost    | goes on      | goes on
in the model, a coroutine        | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
half of the answer read          | goes on  | ended    | ended     | cut    | cut    | cut     | goes on      | goes on
stream under way, a generator    | goes on  | ended    | ended     | cut    | cut    | cut     | goes on      | goes on
stream under way, asynchronous   | goes on  | ended    | ended     | cut    | cut    | cut     | goes on      | goes on
idle after an answer             | answered | closed   | closed    | closed | closed | closed  | goes on      | answered
pipelined, the second waits      | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
pipelined, the second half sent  | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
accept queue, with a request     | answered | answered | answered  | lost   | lost   | goes on | goes on      | goes on
accept queue, half a request     | answered | answered | answered  | reset  | reset  | goes on | goes on      | goes on
TLS, no handshake yet            | answered | answered | answered  | closed | closed | closed  | goes on      | answered
TLS, half a handshake            | answered | answered | answered  | closed | closed | closed  | goes on      | answered
TLS, idle after an answer        | answered | closed   | closed    | closed | closed | closed  | goes on      | answered
TLS, in the model                | answered | answered | answered  | 503    | lost   | lost    | goes on      | answered
"""


@dataclass(frozen=True)
class Cell:
    step: Step
    event: Event
    expected: Outcome

    @property
    def name(self) -> str:
        return f"{self.event.name}: {self.step.name}"


def rows() -> list[list[str]]:
    """The table's fields; the first row has the names of the columns."""
    return [[field.strip() for field in line.split("|")] for line in TABLE.strip("\n").splitlines()]


def cells() -> list[Cell]:
    """Every cell; KeyError for a name that is none."""
    (_, *events), *lines = rows()
    words = {outcome.word: outcome for outcome in Outcome}
    return [
        Cell(STEPS[step], EVENTS[event], words[word])
        for step, *fields in lines
        for event, word in zip(events, fields, strict=True)
    ]
