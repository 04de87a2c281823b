"""The table of real servers: what each breaks, as the committed run says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench.checking.document import BEGIN, DOCUMENT, END, RESULTS, table, with_table


def verdicts(conclusion: str, **rules: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "conclusion": conclusion,
        "rules": {
            name: {"outcome": outcome, "level": level, "message": message}
            for name, (outcome, level, message) in rules.items()
        },
    }


BAD = {
    "title": "quick",
    "why": "It has no handler.",
    "realtime": verdicts("conforms"),
    "hitless": verdicts(
        "does not conform",
        HL801=("failed", "must", "it went | on"),
        HL809=("failed", "should", "no word"),
        HL404=("unproven", "info", "not asked"),
    ),
}
GOOD = {"title": "slow", "why": "", "realtime": verdicts("conforms"), "hitless": verdicts("conforms")}


def test_a_row_says_what_is_broken_and_why_and_the_best_come_first() -> None:
    broken = r"[HL801](reference/rules.md#hl801) it went \| on. It has no handler."
    rows = table({"a": BAD, "b": GOOD}).splitlines()
    assert rows[2:] == [
        "| slow | ✓ | ✓ | – | – |",
        f"| quick | ✓ | ✗ | {broken} | [HL809](reference/rules.md#hl809) |",
    ]


def test_the_table_replaces_the_one_between_the_marks() -> None:
    once = with_table(f"a\n{BEGIN}\nold\n{END}\nz\n", "new\n")
    assert once == f"a\n{BEGIN}\n\nnew\n\n{END}\nz\n"
    assert with_table(once, "new\n") == once
    with pytest.raises(ValueError, match="lacks"):
        with_table("a", "new")


def test_the_document_shows_the_committed_run() -> None:
    text = DOCUMENT.read_text()
    rows = table(json.loads(RESULTS.read_text()))
    assert text == with_table(text, rows), "run: python -m bench.checking.document"
