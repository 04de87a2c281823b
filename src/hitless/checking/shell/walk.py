"""Goes through a syntax tree: every simple command, wherever it lies. Nothing is judged or left out here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hitless.checking.shell.tree import (
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Loop,
    Parameter,
    Redirect,
    Simple,
    Statement,
    Substitution,
    Word,
)


def commands_of(statements: Iterable[Statement]) -> Iterator[Command]:
    """Commands of every kind, outer ones first, those within substitutions too."""
    for statement in statements:
        for _, pipeline in statement.pipelines:
            for command in pipeline.commands:
                yield from _within(command)


def simple_commands(statements: Iterable[Statement]) -> Iterator[Simple]:
    return (command for command in commands_of(statements) if isinstance(command, Simple))


def functions_of(statements: Iterable[Statement]) -> dict[str, Function]:
    """The last definition of each name."""
    return {command.name: command for command in commands_of(statements) if isinstance(command, Function)}


def words_of(command: Simple) -> Iterator[Word]:
    yield from (assignment.value for assignment in command.assignments)
    yield from command.words
    yield from (redirect.target for redirect in command.redirects)


def parameters_of(word: Word) -> Iterator[Parameter]:
    """Those of a word and of the words within its expansions; not of its substitutions."""
    for part in word.parts:
        if isinstance(part, Parameter):
            yield part
            if part.argument is not None:
                yield from parameters_of(part.argument)


def _within(command: Command) -> Iterator[Command]:
    yield command
    match command:
        case Simple():
            for word in words_of(command):
                yield from _in_word(word)
            return
        case Function():
            yield from _within(command.body)
            return
        case Group():
            yield from commands_of(command.body)
        case If():
            for condition, body in command.branches:
                yield from commands_of(condition)
                yield from commands_of(body)
            yield from commands_of(command.otherwise)
        case Loop():
            yield from commands_of(command.condition)
            yield from commands_of(command.body)
        case For():
            for word in command.words or ():
                yield from _in_word(word)
            yield from commands_of(command.body)
        case Case():
            yield from _in_word(command.subject)
            for _, body in command.items:
                yield from commands_of(body)
    yield from _in_redirects(command.redirects)


def _in_redirects(redirects: Iterable[Redirect]) -> Iterator[Command]:
    for redirect in redirects:
        yield from _in_word(redirect.target)


def _in_word(word: Word) -> Iterator[Command]:
    for part in word.parts:
        if isinstance(part, Substitution):
            yield from commands_of(part.statements)
        elif isinstance(part, Parameter) and part.argument is not None:
            yield from _in_word(part.argument)
