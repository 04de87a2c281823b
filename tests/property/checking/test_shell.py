"""Any text gives a script, a list of faults, and an answer of every rule; none breaks or hangs the reader."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.checking.rules.boot_scripts import SPECIMENS
from tests.unit.checking.shell.corpus import AS_IT_RUNS, BAD, GOOD, ONLY_BASH

from hitless.checking.shell.boot import boot_of
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.portability import bashisms_of
from hitless.checking.shell.reaction import Reaction, reaction_of
from hitless.checking.shell.source import Form, Source
from hitless.checking.shell.walk import simple_commands

CORPUS = [one.script for one in SPECIMENS]
CORPUS += [text for texts in (GOOD, BAD, ONLY_BASH, AS_IT_RUNS) for text in texts.values()]
PIECES = [
    "if", "then", "fi", "else", "while", "do", "done", "for", "in", "case", "esac", "{", "}", "(", ")", "((", "))",
    "$(",    "`", '"', "'", "\\", "\n", " ", ";", ";;", "&", "&&", "||", "|", ">", "<", "<<E",
    "\nE\n", "<<-E", "2>&1", "$x",
    "${x:-", "${", "$((", "#", "a", "x=", "f()", "!", "[[", "]]", "function f", "&>", "<(", "<<<", "a=(", "trap ",
    "wait ", "exec ", "kill $x", "TERM",
    "server &", "x=$!", "\\\n", "{a,b}", "sleep 60", "set -e", "gunicorn -b", "\0",
]  # fmt: skip
texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
)


def examine(text: str) -> None:
    """Everything that is done with a script."""
    script = parse(text)
    assert parse(text) == script
    last = text.count("\n") + 1
    assert all(1 <= fault.line <= last and fault.message for fault in script.faults)
    assert all(1 <= one.line <= last for one in bashisms_of(script))
    assert all(1 <= command.line <= last for command in simple_commands(script.statements))
    boot = boot_of(Source(Form.FILE, text, "run.sh", "dash"), script)
    assert (reaction_of(boot) is Reaction.NOTHING) is (boot.index is None)
    assert boot.delay_s is None or boot.delay_s >= 0


@settings(max_examples=400)
@given(texts)
def test_any_text_is_answered(text: str) -> None:
    examine(text)


@settings(max_examples=200)
@given(st.sampled_from(CORPUS), st.data())
def test_any_part_of_a_script_is_answered(script: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(script)))
    end = data.draw(st.integers(begin, len(script)))
    examine(script[begin:end])


@given(st.sampled_from(list(GOOD.values())), st.sampled_from(list(GOOD.values())))
def test_good_scripts_one_behind_the_other_are_good(first: str, second: str) -> None:
    script = parse(first + "\n" + second)
    assert not script.faults
    assert len(script.statements) == len(parse(first).statements) + len(parse(second).statements)


@given(st.sampled_from([text for name, text in GOOD.items() if "here-document" not in name]))
def test_a_good_script_is_good_within_others(text: str) -> None:
    for frame in ("{ :\n%s\n}\n", "( :\n%s\n)\n", "if a; then :\n%s\nfi\n", "f() { :\n%s\n}\n", "x=$(:\n%s\n)\n"):
        assert not parse(frame % text).faults


@given(st.text(alphabet=st.characters(exclude_characters="'\0", exclude_categories=["Cs"]), max_size=100))
def test_single_quotes_keep_all(text: str) -> None:
    (command,) = simple_commands(parse(f"echo '{text}'").statements)
    assert [word.constant for word in command.words] == ["echo", text]


@pytest.mark.parametrize("seed", range(4))
def test_mutated_scripts_are_answered(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(400):
        text = chance.choice(CORPUS)
        for _ in range(chance.randint(1, 6)):
            at = chance.randint(0, len(text))
            text = text[:at] + chance.choice([chance.choice(PIECES), ""]) + text[at + chance.randint(0, 5) :]
        examine(text)


@pytest.mark.parametrize("piece", PIECES)
def test_what_is_repeated_without_end_is_answered(piece: str) -> None:
    examine(piece * (20_000 // len(piece)))
    examine(f"{piece} " * (10_000 // len(piece)))
    examine(f"(( {piece}" * 2_000)
    examine(f"[[ $( {piece}" * 2_000)
