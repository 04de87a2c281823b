"""A rule: one question about a record, with everything that people are told about it. Its page is made from this."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from hitless.checking.events import Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.record import Record
from hitless.checking.verdict import Verdict
from hitless.spec.clauses import CLAUSES, NeededFor
from hitless.spec.config import Reading, parse
from hitless.spec.contract import Contract
from hitless.spec.profiles import Profile

T = TypeVar("T")


class NotSeenError(LookupError):
    """The record lacks what a rule has to know: nothing can be said."""


class Level(StrEnum):
    """How much a failure weighs. Only MUST decides whether a subject conforms."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Purpose(StrEnum):
    """The kind of deployment that is asked about (--for)."""

    REALTIME = "realtime"
    HITLESS = "hitless"
    BATCH = "batch"


ALL = frozenset(Purpose)
_PURPOSES: Mapping[NeededFor, frozenset[Purpose]] = {
    NeededFor.ALL: ALL,
    NeededFor.HITLESS: frozenset({Purpose.HITLESS}),
    NeededFor.BATCH: frozenset({Purpose.BATCH}),
    NeededFor.EXAMPLE: frozenset(),
}


@dataclass(frozen=True)
class Seen:
    """What a rule is given: the record, and by which edition and for what it is judged."""

    record: Record
    profile: Profile
    purpose: Purpose

    def all(self, kind: type[T], stage: Stage | None = None) -> tuple[T, ...]:
        return self.record.all(kind, stage)

    def one(self, kind: type[T], stage: Stage | None = None) -> T:
        """The first of a kind. NotSeenError where there is none: a rule that needs its stage will find it."""
        found = self.record.first(kind, stage)
        if found is None:
            raise NotSeenError(f"the record has no {kind.__name__}")
        return found

    @functools.cached_property
    def config(self) -> Reading:
        """The config.json as it is read by this edition."""
        seen = self.one(ConfigSeen)
        return parse(seen.text, file=seen.where, profile=self.profile)

    @property
    def contract(self) -> Contract:
        """NotSeenError where the config.json is too wrong to mean anything; stages that need it are not run then."""
        contract = self.config.contract
        if contract is None:
            raise NotSeenError("the config.json cannot be understood")
        return contract


Judge = Callable[[Seen], Verdict]


@dataclass(frozen=True)
class Rule:
    """`id` is permanent and never used again. `needs`: the stages without which nothing can be said.

    `levels`: by profile, where it weighs otherwise there. `fix`, `bad`, `good`: something to paste. `why`: a paragraph.
    """

    id: str
    clause: str
    title: str
    level: Level
    needs: tuple[Stage, ...]
    purposes: frozenset[Purpose]
    why: str
    fix: str
    bad: str
    good: str
    judge: Judge = field(repr=False)
    levels: Mapping[str, Level] = field(default_factory=dict)

    def level_in(self, profile: Profile) -> Level:
        return self.levels.get(profile.name, self.level)


def rule(
    identifier: str,
    clause: str,
    level: Level,
    *needs: Stage,
    fix: str,
    bad: str,
    good: str,
    purposes: frozenset[Purpose] | None = None,
    levels: Mapping[str, Level] | None = None,
) -> Callable[[Judge], Rule]:
    """Makes a rule of a function. The first line of its docstring is the title: what a subject does that keeps it;
    the rest says why. Without `purposes`, those that its clause binds."""

    def made(judge: Judge) -> Rule:
        title, _, why = inspect.cleandoc(judge.__doc__ or "").partition("\n")
        bound = _PURPOSES[CLAUSES[clause].needed_for] if purposes is None else purposes
        return Rule(
            identifier,
            clause,
            title.rstrip("."),
            level,
            needs,
            bound,
            why.strip(),
            fix=inspect.cleandoc(fix),
            bad=inspect.cleandoc(bad),
            good=inspect.cleandoc(good),
            judge=judge,
            levels=levels or {},
        )

    return made
