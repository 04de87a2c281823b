"""The report for a terminal or a pipe: a line for each rule that is not kept, then each failure in full.

Nothing is told by colour alone, and lines break at the console's width; commands and pastes never do.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hitless.checking.report import Conclusion, Judged, Report
from hitless.checking.reports import telling
from hitless.checking.verdict import Outcome

WIDTH = 80
MOST_OPEN = 12  # rules without a decision that get a line each; more are told by their reasons only
MARKS = {"failed": "✗", "waived": "~", "error": "!", "unproven": "?", "passed": "✓", "not applicable": "-"}
STYLES = {
    "failed": "bold red", "waived": "yellow", "error": "bold magenta", "unproven": "yellow", "passed": "green",
    "not applicable": "dim",
}  # fmt: skip
CONCLUSIONS = {
    Conclusion.CONFORMS: "bold green",
    Conclusion.DOES_NOT: "bold red",
    Conclusion.UNDECIDED: "bold yellow",
}


def render(report: Report, *, verbose: bool = False, width: int = WIDTH) -> str:
    """For a file: without colours."""
    return _plain(_parts(report, verbose), width)


def failure(report: Report, one: Judged) -> str:
    """One failure in full, without colours."""
    return _plain(_failure(report, one), WIDTH)


def show(report: Report, console: Console, *, verbose: bool = False) -> None:
    """All of it. `verbose`: those that are kept get a line, too."""
    if console.is_terminal:
        _print(_parts(report, verbose), console)
    else:
        console.file.write(_plain(_parts(report, verbose), console.width))


def _plain(parts: Iterable[RenderableType], width: int) -> str:
    """Without colours, and without the blanks that fill lines up."""
    file = io.StringIO()
    _print(parts, Console(file=file, width=width, color_system=None, force_terminal=False, markup=False, emoji=False))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _print(parts: Iterable[RenderableType], console: Console) -> None:
    for part in parts:
        if isinstance(part, Text):
            console.print(part, soft_wrap=part.no_wrap or False)
        else:
            console.print(part)


def _parts(report: Report, verbose: bool) -> Iterator[RenderableType]:
    yield _table(report, verbose)
    for one in report.worst_first():
        if one.counts_against:
            yield Text()
            yield from _failure(report, one)
    yield from _accepted(report)
    yield from _undecided(report, verbose)
    if notes := telling.notes(report):
        yield Text()
    for note in notes:
        yield Text(note)
    yield from _figures(report)
    yield Text()
    yield Text(telling.headline(report), style=CONCLUSIONS[report.conclusion])
    yield Text(telling.because(report))
    yield Text(f"{telling.counted(report)}.")


def _table(report: Report, verbose: bool) -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(4):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    ordered = report.worst_first()
    pending = [one for one in ordered if one.is_open]
    for one in ordered:
        if (one.verdict.outcome.conforms and not verbose) or (one.is_open and len(pending) > MOST_OPEN and not verbose):
            continue
        name = telling.word(one)
        title = telling.in_one_line(one.rule.title)
        table.add_row(
            Text(f"{MARKS[name]} {name}", STYLES[name]), one.rule.id, str(one.level), one.rule.clause, Text(title)
        )
    if not verbose:
        _add_folded(table, ordered, len(pending) if len(pending) > MOST_OPEN else 0)
    return table


def _add_folded(table: Table, judged: Iterable[Judged], pending: int) -> None:
    outcomes = [one.verdict.outcome for one in judged]
    if pending:
        table.add_row(
            Text(f"{MARKS['unproven']} unproven", STYLES["unproven"]), str(pending), "", "", Text("why: below")
        )
    for outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE):
        if count := outcomes.count(outcome):
            name = str(outcome)
            table.add_row(
                Text(f"{MARKS[name]} {name}", STYLES[name]), str(count), "", "", Text("listed with --verbose")
            )


def _failure(report: Report, one: Judged) -> Iterator[RenderableType]:
    verdict, clause = one.verdict, telling.clause_of(one, report.profile)
    yield Text.assemble(
        (f"{MARKS['failed']} {one.rule.id}", STYLES["failed"]), f"  {telling.in_one_line(one.rule.title)}"
    )
    yield _indented(Text(telling.printable(verdict.message)))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    source = f"\n({clause.source})" if clause.source else ""
    facts.add_row("clause", Text(f"{clause.id} ({one.level}): {clause.text}{source}"))
    facts.add_row("expected", Text(telling.cut(verdict.expected)))
    facts.add_row("actual", Text(telling.cut(verdict.actual)))
    shown, more = telling.evidence_of(one)
    for piece in shown:
        at = telling.when(piece)
        facts.add_row("seen", Text(f"[{at}] {piece.what}" if at else piece.what))
    if more:
        facts.add_row("", Text(f"… and {more:,} more, in the record"))
    yield _indented(facts)
    yield from _block("fix:", one.rule.fix)
    yield from _block("see it again:", telling.again(report, one))
    yield from _block("more:", f"hitless explain {one.rule.id}")


def _block(heading: str, text: str) -> Iterator[RenderableType]:
    """Something to paste: as it is, however long its lines are."""
    yield _indented(Text(heading, style="dim"))
    for line in telling.printable(text).splitlines():
        yield Text(f"      {line}", no_wrap=True)


def _figures(report: Report) -> Iterator[RenderableType]:
    if report.figures:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, told in report.figures.items():
            table.add_row(name, Text(telling.in_one_line(told)))
        yield Text()
        yield Text("Measured", style="bold")
        yield _indented(table)


def _accepted(report: Report) -> Iterator[RenderableType]:
    waived = [one for one in report.worst_first() if one.waiver is not None]
    lines = [
        f"{one.rule.id}: {telling.in_one_line(one.verdict.message).rstrip('.')}. Accepted until {one.waiver.expires}: "
        f"{telling.in_one_line(one.waiver.reason)}"
        for one in waived
        if one.waiver is not None
    ]
    if lines := [*lines, *telling.waiver_lines(report)]:
        yield Text()
        yield Text("Waivers", style="bold")
        for line in lines:
            yield _indented(Text(line))


def _undecided(report: Report, verbose: bool) -> Iterator[RenderableType]:
    groups = telling.reasons(report.worst_first())
    if groups:
        yield Text()
        yield Text("Not decided", style="bold")
    for reason, members in groups.items():
        names = [one.rule.id for one in members]
        yield _indented(Text(f"{', '.join(names) if verbose else telling.first(names)}: {reason}"))


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2))
