"""The syntax tree of a shell script: frozen values with line numbers (from 1). Nothing here reads or judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Literal:
    """Text that stands for itself; `quoted` where quotes or a backslash keep it from splitting and globbing."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Parameter:
    """`$name` or `${name<operator>argument}`; `operator` is `#` before the name for a length."""

    name: str
    quoted: bool = False
    operator: str = ""
    argument: Word | None = None


@dataclass(frozen=True)
class Substitution:
    """`$(…)` or backquotes."""

    statements: tuple[Statement, ...]
    quoted: bool = False


@dataclass(frozen=True)
class Arithmetic:
    """`$((…))`: its source."""

    source: str
    quoted: bool = False


Part: TypeAlias = Literal | Parameter | Substitution | Arithmetic


@dataclass(frozen=True)
class Word:
    """`source`: as it was written."""

    parts: tuple[Part, ...]
    source: str
    line: int

    @property
    def constant(self) -> str | None:
        """Its value, where that is known without running anything: None if something is expanded in it."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None

    @property
    def is_quoted(self) -> bool:
        """Some part is: such a word is never a reserved one."""
        return any(part.quoted for part in self.parts)


@dataclass(frozen=True)
class Assignment:
    name: str
    value: Word
    line: int


@dataclass(frozen=True)
class Redirect:
    """`fd` is None where none was written. `operator`: `<`, `>`, `>>`, `>|`, `<>`, `<&`, `>&`, `<<` or `<<-`."""

    fd: int | None
    operator: str
    target: Word
    line: int


@dataclass(frozen=True)
class Simple:
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int

    @property
    def name(self) -> str | None:
        """The command's name where it is known: None for an expansion, empty for assignments alone."""
        return self.words[0].constant if self.words else ""


@dataclass(frozen=True)
class Group:
    """`{ …; }`, or `( … )` where `subshell`."""

    body: tuple[Statement, ...]
    subshell: bool
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class If:
    """`branches`: condition and body of `if` and of each `elif`."""

    branches: tuple[tuple[tuple[Statement, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class Loop:
    """`while`, or `until` where `negated`."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]
    negated: bool
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class For:
    """`words` is None for `for name; do`, which goes over the arguments."""

    name: str
    words: tuple[Word, ...] | None
    body: tuple[Statement, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class Case:
    """`items`: patterns and body of each."""

    subject: Word
    items: tuple[tuple[tuple[Word, ...], tuple[Statement, ...]], ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class Function:
    name: str
    body: Command
    line: int


Command: TypeAlias = Simple | Group | If | Loop | For | Case | Function


@dataclass(frozen=True)
class Pipeline:
    commands: tuple[Command, ...]
    negated: bool
    line: int


@dataclass(frozen=True)
class Statement:
    """Pipelines, each with the `&&` or `||` before it (empty for the first); `background` where `&` ends them."""

    pipelines: tuple[tuple[str, Pipeline], ...]
    background: bool
    line: int


@dataclass(frozen=True)
class HereDocument:
    """`line`: of its redirection. `expands`: its delimiter was not quoted."""

    delimiter: str
    text: str
    expands: bool
    line: int


@dataclass(frozen=True)
class Fault:
    """What no POSIX shell can read, and where."""

    message: str
    line: int


@dataclass(frozen=True)
class Bashism:
    """What bash has and POSIX sh has not. `syntax`: dash refuses the file for it; else it goes wrong as it runs."""

    what: str
    instead: str
    line: int
    syntax: bool = False


@dataclass(frozen=True)
class Script:
    """What was read: up to the first fault, if there is one. `bashisms`: those of the syntax, in order."""

    statements: tuple[Statement, ...]
    faults: tuple[Fault, ...] = ()
    bashisms: tuple[Bashism, ...] = ()
    documents: tuple[HereDocument, ...] = ()
    lines: int = 0
