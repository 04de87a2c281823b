"""Collects the problems of one reading, each with its place in the text and its weight in this reading."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hitless.errors import Problem
from hitless.spec.jsonfaults import Path
from hitless.spec.jsontext import Document
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import MAX_SHOWN, printable

MAX_PROBLEMS = 200
TOO_MANY = Kind(
    "CFG-114",
    Weight.REFUSED,
    "too many problems",
    f"Reading goes on to the end, but only the first {MAX_PROBLEMS} problems are listed.",
)
PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(path: Path) -> str:
    """`("apis", 0, "request", "Content-type")` → `$.apis[0].request['Content-type']`."""
    parts = ["$"]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif PLAIN_KEY.fullmatch(step) and len(step) <= MAX_SHOWN:
            parts.append(f".{step}")
        else:
            parts.append("['" + printable(step.replace("\\", "\\\\").replace("'", "\\'")) + "']")
    return "".join(parts)


@dataclass
class Findings:
    """The problems found so far in `document`."""

    document: Document
    file: str | None
    strict: bool
    problems: list[Problem] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether further problems are not kept, so that looking for their remedies would be wasted."""
        return len(self.problems) > MAX_PROBLEMS

    def add(self, kind: Kind, path: Path, message: str, remedy: str, *, of_key: bool = False) -> None:
        """A problem of the value at `path`, or of its key. A path that the text lacks counts for what is around it."""
        self.add_at(kind, self.document.offset(path, of_key=of_key), path, message, remedy)

    def add_at(self, kind: Kind, offset: int, path: Path, message: str, remedy: str) -> None:
        if self.full:
            return
        if len(self.problems) == MAX_PROBLEMS:
            kind, message, remedy = TOO_MANY, f"more than {MAX_PROBLEMS} problems", "Mend those above, and read again."
        line, column = self.document.line_column(offset)
        severity = kind.weight.severity(strict=self.strict)
        self.problems.append(Problem(kind.id, message, remedy, self.file, line, column, json_path(path), severity))
