"""What a kind of problem is: its permanent id, how heavy it weighs, and the text that documents it.

The kinds themselves stand beside the code that finds them; `catalogue` collects them into the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hitless.errors import Severity


class Weight(Enum):
    """How a kind is judged: (tolerant reading, strict reading)."""

    REFUSED = (Severity.ERROR, Severity.ERROR)  # the meaning is open, or the platform is known to refuse it
    FORGIVEN = (Severity.WARNING, Severity.ERROR)  # against a documented rule, but the meaning is plain
    ADVICE = (Severity.WARNING, Severity.WARNING)  # against no rule; it is likely to surprise

    def severity(self, *, strict: bool) -> Severity:
        return self.value[strict]


@dataclass(frozen=True)
class Kind:
    """One kind of problem. `bad` and `good` are example texts, or objects laid over a minimal config.json.

    A test reads every `bad` with the edition `profile` and expects this id, and every `good` and expects it gone.
    """

    id: str
    weight: Weight
    title: str
    why: str
    bad: str | None = None
    good: str | None = None
    profile: str = "2024-09"
