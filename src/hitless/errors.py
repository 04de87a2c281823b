"""The few exception types of the project, and the value that names one fault of an input.

Nothing of ours is imported here. An expected "no" is a value, not an exception; what is raised ends a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One fault of an input, with its place and what to do about it.

    `id` is permanent (docs and waivers cite it). `line` and `column` count from 1; `path` is a JSON path such as
    `$.apis[0].url`. What does not apply to an input (no file, no line) is None.
    """

    id: str
    message: str
    remedy: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        where = " ".join(part for part in (place, self.path) if part)
        head = f"{where}: " if where else ""
        return f"{head}{self.severity} {self.id}: {self.message}\n    {self.remedy}"


class HitlessError(Exception):
    """Ends a command. `exit_code` is the one of the architecture, section 8."""

    exit_code: ClassVar[int] = 70


class InputError(HitlessError):
    """The user's file, flag or package is wrong: every problem at once."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UnavailableError(HitlessError):
    """Could not find out or could not act: a tool is missing, a port is taken, a server does not answer."""

    exit_code: ClassVar[int] = 3
