"""`hitless explain`: a list by part, one rule in full, and what it says to an id that is none."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.unit.checking import sample_records as samples

from hitless.checking.verdict import passed
from hitless.cli.explain import explain, show_list, show_rule
from hitless.errors import InputError

RULES = {
    rule.id: rule
    for rule in (
        samples.made("HL101", "SIZE-1", passed("yes"), title="The image is small enough"),
        samples.made("HL802", "EXIT-2", passed("yes"), title="It goes on for 60 s"),
    )
}


def console() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=80, highlight=False, markup=False), file


def test_the_list_is_by_part() -> None:
    shown, file = console()
    show_list(shown, RULES)
    lines = [line.strip() for line in file.getvalue().splitlines() if line.strip()]
    assert lines[0] == "Image"
    assert lines[1].split(maxsplit=3) == ["HL101", "must", "SIZE-1", "The image is small enough"]
    assert lines[2] == "Termination"


def test_a_long_name_of_a_part_does_not_move_the_columns() -> None:
    shown, file = console()
    show_list(shown, {"HL304": samples.made("HL304", "DEPS-1", passed("yes"), title="Java is there")})
    assert "\nHL304  must    DEPS-1  Java is there" in file.getvalue()


def test_a_rule_in_full() -> None:
    shown, file = console()
    show_rule(shown, RULES["HL802"])
    text = " ".join(file.getvalue().split())
    for part in (
        "HL802 It goes on for 60 s", "EXIT-2: After SIGTERM it goes on for 60 s", "asked for hitless",
        "looks at nothing", "Bad exec sleep 9", "Good wait", "Fix trap 'kill -TERM $pid' TERM",
        "lose</b> requests otherwise",
    ):  # fmt: skip
        assert part in text


def test_an_unknown_rule_is_wrong_input() -> None:
    with pytest.raises(InputError) as caught:
        explain("XY1")
    assert [problem.id for problem in caught.value.problems] == ["CHK-20"]
