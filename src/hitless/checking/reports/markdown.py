"""The report as Markdown, for the summary of a CI run or a comment: conclusion, table, failures folded.

Texts of the subject stand in blocks of code only: there no link, mention or markup of theirs means anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hitless.checking.report import Conclusion, Judged, Report
from hitless.checking.reports import telling
from hitless.checking.rulebook import fenced

MOST_CHARACTERS = 60_000  # a comment holds 65,536
_SHOWN = 800  # of one piece of evidence
_SIGNS = {Conclusion.CONFORMS: "✅", Conclusion.DOES_NOT: "❌", Conclusion.UNDECIDED: "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+.!|~@&:-])")


def render(report: Report) -> str:
    text, left_out = "", 0
    for part in _parts(report):
        if len(text) + len(part) > MOST_CHARACTERS:
            left_out += 1
        else:
            text += part
    return text + (f"\n{left_out} parts are left out here: they are in the other reports.\n" if left_out else "")


def _parts(report: Report) -> Iterator[str]:
    yield f"## {_SIGNS[report.conclusion]} {_plain(telling.headline(report))}\n\n"
    yield f"{_plain(telling.because(report))}\n\n{_plain(telling.counted(report))}\n\n"
    told = [one for one in report.worst_first() if one.counts_against or one.waiver is not None]
    if told:
        yield "| outcome | rule | level | clause | a conforming subject |\n|---|---|---|---|---|\n"
        for one in told:
            title = _plain(telling.in_one_line(one.rule.title))
            yield f"| {telling.word(one)} | {one.rule.id} | {one.level} | {one.rule.clause} | {title} |\n"
    for one in told:
        yield _failure(report, one)
    yield from _undecided(report)
    if report.figures:
        yield "\n| measured | |\n|---|---|\n"
        for name, figure in report.figures.items():
            yield f"| {name} | {_plain(telling.in_one_line(figure))} |\n"
    yield from (f"\n- {_plain(line)}\n" for line in (*telling.waiver_lines(report), *telling.notes(report)))


def _failure(report: Report, one: Judged) -> str:
    verdict, clause = one.verdict, telling.clause_of(one, report.profile)
    shown, more = telling.evidence_of(one)
    lines = [
        telling.cut(verdict.message, _SHOWN),
        f"expected: {telling.cut(verdict.expected, _SHOWN)}",
        f"actual:   {telling.cut(verdict.actual, _SHOWN)}",
        *(f"[{telling.when(piece)}] {telling.cut(piece.what, _SHOWN)}" for piece in shown),
        *([f"… and {more:,} more, in the record"] if more else []),
    ]
    heading = f"{one.rule.id} ({telling.word(one)}): {_html(telling.in_one_line(one.rule.title))}"
    waived = (
        f"Waived until {one.waiver.expires}: {_plain(telling.in_one_line(one.waiver.reason))}\n\n" if one.waiver else ""
    )
    return (
        f"\n<details><summary>{heading}</summary>\n\n{waived}"
        f"{clause.id}: {_plain(clause.text)}\n\n{fenced(chr(10).join(lines))}\n"
        f"Fix:\n\n{fenced(one.rule.fix)}\nSee it again:\n\n{fenced(telling.again(report, one), 'sh')}\n</details>\n"
    )


def _undecided(report: Report) -> Iterator[str]:
    groups = telling.reasons(report.worst_first())
    if groups:
        yield "\n**Not decided**\n"
    for reason, members in groups.items():
        yield f"\n- {telling.first([one.rule.id for one in members])}: {_plain(telling.cut(reason, _SHOWN))}\n"


def _plain(text: str) -> str:
    """Text that stays text."""
    return _SPECIAL.sub(r"\\\1", text)


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
