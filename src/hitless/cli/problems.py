"""Shows problems of an input: worst first, each with its place, the line of the source and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from hitless.errors import Problem, Severity

MAX_SHOWN = 50
WIDTH = 100  # characters of a source line that are shown around the place
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s,:\]}\[{]+|.')
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def show_problems(console: Console, problems: Sequence[Problem], text: str = "") -> None:
    """Every problem; `text` is the source that the places point into."""
    lines = text.split("\n")
    worst_first = sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR)
    for problem in worst_first[:MAX_SHOWN]:
        _show(console, problem, lines)
    if len(worst_first) > MAX_SHOWN:
        console.print(f"… and {len(worst_first) - MAX_SHOWN} more.\n")


def counted(problems: Sequence[Problem]) -> str:
    """`2 errors, 1 warning`."""
    counts = {severity: sum(problem.severity is severity for problem in problems) for severity in Severity}
    words = [f"{count} {severity}{'s' if count != 1 else ''}" for severity, count in counts.items() if count]
    return ", ".join(words) or "no problems"


def _show(console: Console, problem: Problem, lines: Sequence[str]) -> None:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    head = Text.assemble((f"{problem.severity} {problem.id}", STYLES[problem.severity]))
    for part in (place, problem.path):
        if part:
            head.append(f"  {part}")
    console.print(head, soft_wrap=True)
    if problem.line is not None and problem.column is not None and problem.line <= len(lines):
        _show_source(console, problem.line, problem.column, lines[problem.line - 1], problem.severity)
    console.print(Text(f"  {problem.message}"), soft_wrap=True)
    console.print(Text(f"  → {problem.remedy}", style="green"), soft_wrap=True)
    console.print()


def _show_source(console: Console, number: int, column: int, line: str, severity: Severity) -> None:
    """The source line, cut around the place, with a mark under the value that the problem is about."""
    shown = "".join(char if char.isprintable() else " " for char in line)
    start = max(0, column - 1 - WIDTH // 2) if len(shown) > WIDTH else 0
    piece = shown[start : start + WIDTH]
    at = min(column - 1, len(shown)) - start
    if not piece.strip():
        return
    token = TOKEN.match(piece, at)
    length = cell_len(token.group()) if token else 1
    gutter = f"  {number} │ "
    before, after = "…" if start else "", "…" if start + WIDTH < len(shown) else ""
    console.print(Text.assemble((gutter, "dim"), before, piece, after), soft_wrap=True)
    blank = " " * (len(gutter) - 2) + "│ "
    indent = " " * (len(before) + cell_len(piece[:at]))
    console.print(Text.assemble((blank, "dim"), indent, ("^" * length, STYLES[severity])), soft_wrap=True)
