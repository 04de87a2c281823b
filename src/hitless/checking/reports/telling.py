"""What every report says in the same words: the conclusion, the clause behind a rule, reasons, notes. Pure.

Texts of a subject (bodies, lines of its log, file names) are hostile until `printable` has seen them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hitless.checking.events import Begun
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.report import Conclusion, Judged, Report
from hitless.checking.rule import Level
from hitless.checking.verdict import Evidence, Outcome
from hitless.spec.clauses import CLAUSES
from hitless.spec.profiles import Profile

MOST_EVIDENCE = 20  # of one failure; the record has all of it
MOST_NAMED = 10  # rules, in one sentence
MOST_CHARACTERS = 4_000  # of one piece of it
_STATED_BY = {  # the field of a profile that holds the number of a clause
    "SIZE-1": "image_limit_bytes", "API-2": "port", "HEALTH-1": "health_rule", "BOOT-1": "boot_command",
    "DEPS-1": "batch_tools", "KEEP-1": "keep_alive_s", "EXIT-2": "linger_s", "EXIT-4": "deadline_s",
}  # fmt: skip


@dataclass(frozen=True)
class ClauseTold:
    """`source`: the page of the edition that states it; empty where the edition cites none."""

    id: str
    text: str
    source: str


def printable(text: str) -> str:
    """Whatever a terminal, XML or a reader's eye could take for more than text is written as an escape: controls,
    surrogates, marks that turn the direction of writing. Ends of lines and tabs stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def in_one_line(text: str) -> str:
    return " ".join(printable(text).split())


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """The beginning of a long text, with how much more there is."""
    shown = printable(text)
    return shown if len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} more characters)"


def clause_of(one: Judged, profile: Profile) -> ClauseTold:
    clause = CLAUSES[one.rule.clause]
    return ClauseTold(clause.id, clause.text, profile.sources.get(_STATED_BY.get(clause.id, ""), ""))


def word(one: Judged) -> str:
    """The outcome as people read it."""
    return "waived" if one.waiver is not None else str(one.verdict.outcome)


def evidence_of(one: Judged) -> tuple[list[Evidence], int]:
    """What is shown of it, and how many pieces are left out."""
    shown = [Evidence(cut(piece.what), piece.at_s, piece.stage) for piece in one.verdict.evidence[:MOST_EVIDENCE]]
    return shown, len(one.verdict.evidence) - len(shown)


def when(evidence: Evidence) -> str:
    """`stop, 12.31 s`; empty for what has neither stage nor time."""
    time = "" if evidence.at_s is None else f"{evidence.at_s:.2f} s"
    return ", ".join(part for part in (printable(evidence.stage), time) if part)


def again(report: Report, one: Judged) -> str:
    """The command that shows a failure again: the rule's own, or the check of that rule alone."""
    if one.verdict.reproduce:
        return printable(one.verdict.reproduce)
    words = ["hitless", "check", in_one_line(report.record.opened.subject), "--select", one.rule.id]
    words += ["--profile", report.profile.name, "--for", str(report.purpose)]
    words += map(in_one_line, report.record.opened.flags)
    return shlex.join(words)


def counted(report: Report) -> str:
    """`2 failed, 1 waived, 5 unproven, 50 passed`, worst first."""
    words = [word(one) for one in report.judged]
    order = (Outcome.FAILED, "waived", Outcome.ERROR, Outcome.UNPROVEN, Outcome.PASSED, Outcome.NOT_APPLICABLE)
    return ", ".join(f"{words.count(name)} {name}" for name in order if name in words) or "no rule was judged"


def headline(report: Report) -> str:
    """Subject and conclusion: `mnist:v1 does not conform (2024-09, for hitless)`."""
    decided = report.conclusion is not Conclusion.UNDECIDED
    verb = str(report.conclusion) if decided else "is not decided"
    return f"{in_one_line(report.record.opened.subject)} {verb} ({report.profile.name}, for {report.purpose})"


def because(report: Report) -> str:
    """Which rules that must hold decide it."""
    binding = [one for one in report.judged if one.level is Level.MUST]
    if not binding:
        return "No rule that must hold was judged."
    broken = [one.rule.id for one in binding if one.counts_against]
    pending = [one.rule.id for one in binding if one.is_open]
    parts = [f"Broken, and must hold: {', '.join(broken)}."] if broken else []
    parts += [f"Not proven, and must hold: {first(pending)}."] if pending else []
    return " ".join(parts) or "Every rule that must hold is kept, waived or does not apply."


def first(names: Sequence[str]) -> str:
    """`HL101, HL102 and 30 more`."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def reasons(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Rules without a decision by why there is none, in their order."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        if one.is_open:
            groups.setdefault(in_one_line(one.verdict.message), []).append(one)
    return groups


def notes(report: Report) -> tuple[str, ...]:
    """What a reader has to know of how it was looked at."""
    return tuple(_notes(report))


def _notes(report: Report) -> Iterator[str]:
    opened, begun = report.record.opened, report.record.all(Begun)
    for config in report.record.all(ConfigSeen):
        if config.assumed:
            yield "There is no config.json: the specification's example is assumed (POST /, GET /health)."
    if report.left_out:
        judged = len(report.judged)
        yield f"Only {judged} of {judged + report.left_out} rules were judged; nothing is said of the others."
    if opened.quick:
        yield "A quick look: what takes longer than half a minute was not looked at and is unproven."
    if begun:
        yield f"It ran {_listed({_ran(in_one_line(one.where)) for one in begun})}."
    if any(not one.confined for one in begun):
        yield "It was not confined: it could reach other machines, and no limits held it."
    if any(not one.own for one in begun):
        yield "It was not reached at an address of its own, but by one of this machine."
    yield from map(in_one_line, report.faults)


def _ran(where: str) -> str:
    return {"process": "as a plain process", "service": "already, as others started it"}.get(where, f"under {where}")


def _listed(words: Iterable[str]) -> str:
    return " and ".join(sorted(words))


def waiver_lines(report: Report) -> Sequence[str]:
    """Waivers that do nothing: those that have ended, and those without a failure."""
    expired = [f"{one.rule}: the waiver ended on {one.expires}: {in_one_line(one.reason)}" for one in report.expired]
    unused = [f"{one.rule}: the waiver is not needed any more: {in_one_line(one.reason)}" for one in report.unused]
    return [*expired, *unused]
