"""What a rule answers. Values only: nothing here looks at a subject or prints."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import StrEnum

_decoder = codecs.getincrementaldecoder("utf-8")


class Outcome(StrEnum):
    """Only the first two count as conforming: what could not be seen is not fine, and neither is a rule that broke."""

    PASSED = "passed"
    NOT_APPLICABLE = "not applicable"
    FAILED = "failed"
    UNPROVEN = "unproven"
    ERROR = "error"

    @property
    def conforms(self) -> bool:
        return self in (Outcome.PASSED, Outcome.NOT_APPLICABLE)


def excerpt(said: str | bytes, most: int) -> str:
    """Its beginning, so many characters or bytes at most; an ellipsis tells that there is more."""
    is_whole = len(said) <= most
    begin = said[:most]
    text = begin if isinstance(begin, str) else _decoder("replace").decode(begin, final=is_whole)
    return text if is_whole else f"{text}…"


@dataclass(frozen=True)
class Evidence:
    """One thing that was seen: bytes, a file, a request with its answer, a line of the log.

    `at_s`: seconds since the start of its stage; None for what has no time. `stage`: as events name it.
    """

    what: str
    at_s: float | None = None
    stage: str = ""


@dataclass(frozen=True)
class Verdict:
    """`message`: one sentence, what is so. A failure also tells `expected`, `actual`, what shows it, and a command that
    a person can run to see it again; all of them may be empty for other outcomes."""

    outcome: Outcome
    message: str
    expected: str = ""
    actual: str = ""
    evidence: tuple[Evidence, ...] = ()
    reproduce: str = ""


def passed(message: str, *evidence: Evidence) -> Verdict:
    return Verdict(Outcome.PASSED, message, evidence=evidence)


def failed(message: str, *evidence: Evidence, expected: str, actual: str, reproduce: str = "") -> Verdict:
    return Verdict(Outcome.FAILED, message, expected, actual, evidence, reproduce)


def not_applicable(why: str) -> Verdict:
    return Verdict(Outcome.NOT_APPLICABLE, why)


def unproven(why: str) -> Verdict:
    return Verdict(Outcome.UNPROVEN, why)
