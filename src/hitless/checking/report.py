"""What a check says as a whole: every rule's verdict, and the one conclusion that follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hitless.checking.record import Record
from hitless.checking.rule import Level, Purpose, Rule
from hitless.checking.verdict import Outcome, Verdict
from hitless.checking.waivers import Waiver
from hitless.spec.profiles import Profile


class Conclusion(StrEnum):
    CONFORMS = "conforms"
    DOES_NOT = "does not conform"
    UNDECIDED = "not decided"


@dataclass(frozen=True)
class Judged:
    """One rule. `waiver`: the failure is accepted. `elapsed_s`: of judging, not of looking."""

    rule: Rule
    level: Level
    verdict: Verdict
    waiver: Waiver | None = None

    @property
    def counts_against(self) -> bool:
        return self.verdict.outcome is Outcome.FAILED and self.waiver is None

    @property
    def is_open(self) -> bool:
        return self.verdict.outcome in (Outcome.UNPROVEN, Outcome.ERROR)


@dataclass(frozen=True)
class Report:
    """`judged`: in the order of the rules. `unused`: waivers of rules that are kept; `expired`: those that have
    ended. `left_out`: how many rules of this purpose were not to be judged. `figures`: what was measured, by name.
    `faults`: what went wrong beside the check."""

    record: Record
    profile: Profile
    purpose: Purpose
    judged: tuple[Judged, ...]
    expired: tuple[Waiver, ...] = ()
    unused: tuple[Waiver, ...] = ()
    left_out: int = 0
    figures: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def conclusion(self) -> Conclusion:
        """A failure that MUST not be outweighs what is not proven: it is known already."""
        binding = [one for one in self.judged if one.level is Level.MUST]
        if any(one.counts_against for one in binding):
            return Conclusion.DOES_NOT
        if not binding or any(one.is_open for one in binding):
            return Conclusion.UNDECIDED
        return Conclusion.CONFORMS

    @property
    def counts(self) -> Counter[Outcome]:
        return Counter(one.verdict.outcome for one in self.judged)

    def worst_first(self) -> list[Judged]:
        return sorted(self.judged, key=_badness)


_OUTCOMES = (Outcome.FAILED, Outcome.ERROR, Outcome.UNPROVEN, Outcome.PASSED, Outcome.NOT_APPLICABLE)
_LEVELS = tuple(Level)


def _badness(one: Judged) -> tuple[int, int, int]:
    """Waived failures are behind those that count."""
    return _OUTCOMES.index(one.verdict.outcome), int(one.waiver is not None), _LEVELS.index(one.level)
