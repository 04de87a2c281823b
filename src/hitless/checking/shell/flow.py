"""The simple commands of a script in the order it comes by them, functions in the places of their calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hitless.checking.shell.tree import (
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Simple,
    Statement,
)
from hitless.checking.shell.walk import functions_of

MOST_STEPS = 5_000
_MOST_CALLS = 12  # in each other


@dataclass(frozen=True)
class Step:
    """A simple command and where it stands.

    `background`: the shell goes on at once. `piped`: its output goes into another command; `in_pipeline`: it is one of
    several. `guarded`: its failure is tested by something, so that `set -e` does not end the script.
    `redirects`: its own, after those of what it lies in.
    """

    command: Simple
    background: bool = False
    piped: bool = False
    in_pipeline: bool = False
    subshell: bool = False
    conditional: bool = False
    looped: bool = False
    guarded: bool = False
    redirects: tuple[Redirect, ...] = ()

    @property
    def line(self) -> int:
        return self.command.line

    @property
    def name(self) -> str:
        return self.command.name or ""


@dataclass
class _Walk:
    functions: Mapping[str, Function]
    steps: list[Step]
    visited: int = 0  # functions that call each other have no bound of their own

    def statements(self, statements: Iterable[Statement], at: Step, calls: int) -> None:
        for statement in statements:
            inside = replace(at, background=at.background or statement.background)
            last = len(statement.pipelines) - 1
            for index, (operator, pipeline) in enumerate(statement.pipelines):
                here = replace(
                    inside,
                    guarded=inside.guarded or index < last or pipeline.negated,
                    conditional=inside.conditional or operator != "",
                )
                self._pipeline(pipeline, here, calls)

    def _pipeline(self, pipeline: Pipeline, at: Step, calls: int) -> None:
        last = len(pipeline.commands) - 1
        for index, command in enumerate(pipeline.commands):
            here = replace(at, piped=at.piped or index < last, in_pipeline=at.in_pipeline or last > 0)
            self.command(command, here, calls)

    def command(self, command: Command, at: Step, calls: int) -> None:
        self.visited += 1
        if self.visited > MOST_STEPS or isinstance(command, Function):
            return
        at = replace(at, redirects=at.redirects + command.redirects)
        choice = replace(at, conditional=True)
        match command:
            case Simple():
                self._simple(command, at, calls)
            case Group():
                self.statements(command.body, replace(at, subshell=at.subshell or command.subshell), calls)
            case If():
                for condition, body in command.branches:
                    self.statements(condition, replace(at, guarded=True), calls)
                    self.statements(body, choice, calls)
                self.statements(command.otherwise, choice, calls)
            case Loop():
                self.statements(command.condition, replace(at, guarded=True, looped=True), calls)
                self.statements(command.body, replace(at, looped=True), calls)
            case For():
                self.statements(command.body, replace(at, looped=True), calls)
            case Case():
                for _, body in command.items:
                    self.statements(body, choice, calls)

    def _simple(self, command: Simple, at: Step, calls: int) -> None:
        called = self.functions.get(command.name or "")
        if called is not None and calls < _MOST_CALLS:
            self.command(called.body, at, calls + 1)
        else:
            self.steps.append(replace(at, command=command))


def steps_of(statements: Iterable[Statement], functions: Mapping[str, Function] | None = None) -> tuple[Step, ...]:
    """`functions`: those that can be called; without them, those that the statements define."""
    statements = tuple(statements)
    walk = _Walk(functions_of(statements) if functions is None else functions, [])
    walk.statements(statements, Step(Simple((), (), (), 0)), 0)
    return tuple(walk.steps)
