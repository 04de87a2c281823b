"""The reader of POSIX sh: what it takes, what it refuses and where, and the tree that it makes."""

from __future__ import annotations

import pytest
from tests.unit.checking.shell.corpus import AS_IT_RUNS, BAD, GOOD, ONLY_BASH

from hitless.checking.shell.characters import MOST_CHARACTERS, MOST_DEPTH
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.portability import bashisms_of
from hitless.checking.shell.tree import (
    Arithmetic,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Literal,
    Loop,
    Parameter,
    Simple,
    Substitution,
)


def only(text: str) -> Command:
    script = parse(text)
    assert not script.faults
    return script.statements[0].pipelines[0][1].commands[0]


def simple(text: str) -> Simple:
    command = only(text)
    assert isinstance(command, Simple)
    return command


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in GOOD.items()])
def test_what_sh_reads(text: str) -> None:
    script = parse(text)
    assert (script.faults, bashisms_of(script)) == ((), ())


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in BAD.items()])
def test_what_no_shell_reads(text: str) -> None:
    assert len(parse(text).faults) == 1


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in ONLY_BASH.items()])
def test_what_only_bash_reads_is_read_and_noted(text: str) -> None:
    script = parse(text)
    assert not script.faults
    assert any(one.syntax and one.line == 1 for one in script.bashisms)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in AS_IT_RUNS.items()])
def test_what_goes_wrong_as_it_runs_is_noted(text: str) -> None:
    script = parse(text)
    assert not script.faults
    found = bashisms_of(script)
    assert found
    assert not any(one.syntax for one in found)
    assert all(one.what and one.instead for one in found)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a\nb\nif c; then\n  d\n", 5, "the end of the script", id="end"),
        pytest.param("a\nfi\n", 2, "'fi'", id="reserved"),
        pytest.param("a\n\necho (b)\n", 3, "'b'", id="operator"),
        pytest.param("a\necho 'b\nc\n", 2, "single quote", id="where-a-quote-begins"),
        pytest.param("cat <<E\nx\nE\n)\n", 4, "')'", id="behind-a-here-document"),
        pytest.param("a=`b\nif`\n", 2, "the end", id="in-backquotes"),
        pytest.param("a \\\n  b \\\n  c\n}\n", 4, "'}'", id="behind-continuations"),
    ],
)
def test_a_fault_tells_where(text: str, line: int, words: str) -> None:
    (fault,) = parse(text).faults
    assert fault.line == line
    assert words in fault.message


def test_what_comes_before_a_fault_was_read() -> None:
    assert len(parse("a\nb\nfi\n").statements) == 2


# The tree


def test_a_simple_command() -> None:
    command = simple("a=1 b='2 3' >f prog \"x y\" $z 2>>g\n")
    assert [(one.name, one.value.constant) for one in command.assignments] == [("a", "1"), ("b", "2 3")]
    assert [word.constant for word in command.words] == ["prog", "x y", None]
    assert [(one.fd, one.operator, one.target.constant) for one in command.redirects] == [
        (None, ">", "f"),
        (2, ">>", "g"),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("a'b'\"c\"\\d", (Literal("a"), Literal("bcd", True)), id="quotes"),
        pytest.param('"$x"', (Parameter("x", True),), id="quoted"),
        pytest.param("$x", (Parameter("x"),), id="unquoted"),
        pytest.param('""$x', (Literal("", True), Parameter("x")), id="never-no-word"),
        pytest.param('""', (Literal("", True),), id="empty"),
        pytest.param("$1$@", (Parameter("1"), Parameter("@")), id="special"),
        pytest.param("$10", (Parameter("1"), Literal("0")), id="one-digit"),
        pytest.param("${#x}", (Parameter("x", operator="#"),), id="length"),
        pytest.param("$((1+(2)))", (Arithmetic("1+(2)"),), id="arithmetic"),
        pytest.param('"\\$\\a\\\\"', (Literal("$\\a\\", True),), id="backslashes-in-quotes"),
    ],
)
def test_words(text: str, parts: tuple[object, ...]) -> None:
    assert simple(text).words[0].parts == parts


def test_an_operator_of_a_parameter_has_its_word() -> None:
    part = simple("${x:-a$y}").words[0].parts[0]
    assert isinstance(part, Parameter)
    assert (part.name, part.operator) == ("x", ":-")
    assert part.argument is not None
    assert part.argument.parts == (Literal("a"), Parameter("y"))


@pytest.mark.parametrize("text", ["$(a | b)", "`a | b`"])
def test_substitutions_hold_commands(text: str) -> None:
    part = simple(text).words[0].parts[0]
    assert isinstance(part, Substitution)
    assert len(part.statements[0].pipelines[0][1].commands) == 2


def test_lists() -> None:
    first, second = parse("! a && b | c &\nd || e\n").statements
    assert first.background
    assert [(operator, one.negated, len(one.commands)) for operator, one in first.pipelines] == [
        ("", True, 1),
        ("&&", False, 2),
    ]
    assert [operator for operator, _ in second.pipelines] == ["", "||"]
    assert (first.line, second.line) == (1, 2)


def test_compound_commands() -> None:
    branch = only("if a; then b; elif c; then d; else e; fi >f")
    assert isinstance(branch, If)
    assert (len(branch.branches), len(branch.otherwise), len(branch.redirects)) == (2, 1, 1)
    loop = only("until a; do b; c; done")
    assert isinstance(loop, Loop)
    assert (loop.negated, len(loop.body)) == (True, 2)
    each = only("for i in a b; do c; done")
    assert isinstance(each, For)
    assert (each.name, [word.constant for word in each.words or ()]) == ("i", ["a", "b"])
    choice = only("case $x in a|b) c;; *) esac")
    assert isinstance(choice, Case)
    assert [(len(patterns), len(body)) for patterns, body in choice.items] == [(2, 1), (1, 0)]
    group = only("( a )")
    assert isinstance(group, Group)
    assert group.subshell
    function = only("f() { a; }")
    assert isinstance(function, Function)
    assert function.name == "f"


def test_here_documents_are_kept() -> None:
    first, second = parse("cat <<A <<-'B'\n$x\\\ny\nA\n\tz\n\tB\necho\n").documents
    assert (first.delimiter, first.text, first.expands) == ("A", "$x\\\ny\n", True)
    assert (second.delimiter, second.text, second.expands) == ("B", "z\n", False)


# Limits


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * (MOST_CHARACTERS + 1), id="characters"),
        pytest.param("{ " * (MOST_DEPTH + 1), id="groups"),
        pytest.param("$(" * 9999, id="substitutions"),
        pytest.param('"${x:-' * 9999, id="defaults"),
        pytest.param("$((" * 9999, id="arithmetic"),
        pytest.param("[[ $( " * 9999, id="tests"),
        pytest.param("((" * 9999, id="parentheses"),
        pytest.param("(($( " * 9999, id="parentheses-in-substitutions"),
        pytest.param("((\ncat <<E\n$( " * 4000, id="here-documents"),
        pytest.param("((`" * 9999, id="backquotes"),
        pytest.param("f() " * 9999, id="functions"),
        pytest.param("case x in (" * 9999, id="cases"),
    ],
)
def test_what_is_too_much_is_a_fault(text: str) -> None:
    assert len(parse(text).faults) == 1
