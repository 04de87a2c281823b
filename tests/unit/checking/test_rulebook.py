"""The page of the rules is what the rules say, and no clause is without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.checking import sample_records as samples

from hitless.checking import rulebook
from hitless.checking.rule import Level, Rule
from hitless.checking.rules.catalogue import MODULES, RULES
from hitless.checking.verdict import passed
from hitless.spec.clauses import CLAUSES

PAGE = Path(__file__).parents[3] / "docs/reference/rules.md"


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == rulebook.page(), (
        f"run: python -m hitless.checking.rulebook > {PAGE.name}"
    )


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_has_a_rule_or_a_sentence_why_no_program_can_tell(clause: str) -> None:
    has_rule = any(rule.clause == clause for rule in RULES.values())
    assert has_rule is (clause not in rulebook.UNTOLD)


def test_ids_are_distinct_and_in_a_part() -> None:
    defined = [rule for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)]
    assert len({rule.id for rule in defined}) == len({id(rule) for rule in defined}), "two rules share an id"
    assert all(re.fullmatch(r"HL\d{3}", rule.id) and rulebook.part_of(rule.id) != "Others" for rule in defined)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_all_that_its_page_needs(rule: Rule) -> None:
    assert all((rule.title, rule.why, rule.fix, rule.bad, rule.good))
    assert len(rule.title) <= 100
    assert rule.purposes


@pytest.mark.parametrize(
    ("identifier", "part"),
    [("HL101", "Image"), ("HL301", "Batch service"), ("HL312", "Boot script"), ("HL901", "Rolling upgrade")],
)
def test_parts(identifier: str, part: str) -> None:
    assert rulebook.part_of(identifier) == part


def test_levels_that_differ_are_named() -> None:
    rule = samples.made("HL501", "LOG-1", passed("yes"))
    assert rulebook.levels(rule) == "must"
    object.__setattr__(rule, "levels", {"otc": Level.SHOULD, "intl-2023": Level.SHOULD})
    assert rulebook.levels(rule) == "must; should in intl-2023, otc"


def test_the_page_of_some_rules() -> None:
    page = rulebook.page({"HL802": samples.made("HL802", "EXIT-2", passed("yes"), title="It goes on")})
    assert "| [HL802](#hl802) | It goes on | must | EXIT-2 |" in page
    assert "it accepts and answers them). | [HL802](#hl802) |" in page
    assert "### HL802\n\n**It goes on.** EXIT-2: After SIGTERM" in page
    assert "Fix:\n\n```text\ntrap 'kill -TERM $pid' TERM\n```" in page


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert rulebook.fenced("a ```` b", "sh") == "`````sh\na ```` b\n`````\n"


@pytest.mark.parametrize(
    ("text", "flowing"),
    [
        pytest.param("a\nb\n\nc", "a b\n\nc", id="paragraphs"),
        pytest.param("- a\n- b", "- a\n- b", id="list"),
        pytest.param("x:\n\n    code\n    more", "x:\n\n    code\n    more", id="code"),
        pytest.param("1. a\n2. b", "1. a\n2. b", id="numbers"),
    ],
)
def test_paragraphs_flow(text: str, flowing: str) -> None:
    assert rulebook.flowing(text) == flowing
