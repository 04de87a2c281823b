"""Broken specimens that are not run fail exactly their rules, conforming ones none; every rule has a broken one."""

from __future__ import annotations

import shutil

import pytest
from tests.specimens import dynamic
from tests.specimens.static import BROKEN, FINE, STATIC_STAGES, UNDECIDED, Broken, judged

from hitless.checking.rules.catalogue import RULES

pytest.importorskip("yara_x")


@pytest.mark.parametrize("one", [*BROKEN, *FINE], ids=lambda one: one.name)
def test_it_fails_its_rule_and_no_other(one: Broken) -> None:
    if one.clamav and shutil.which("clamscan") is None:
        pytest.skip("ClamAV is not installed")
    result = judged(one)
    assert result.failed == ([one.rule] if one.rule else []), result.messages
    undecided = {rule for rule, outcome in result.outcomes.items() if outcome == "unproven"}
    assert undecided == UNDECIDED.get(one.name, set())


def test_every_rule_that_needs_no_run_has_a_specimen_that_fails_it() -> None:
    needed = {rule.id for rule in RULES.values() if set(rule.needs) <= STATIC_STAGES}
    assert needed == {one.rule for one in BROKEN}


def test_every_rule_that_needs_a_run_has_a_specimen_that_fails_it() -> None:
    needed = {rule.id for rule in RULES.values() if not set(rule.needs) <= STATIC_STAGES}
    assert needed == {one.rule for one in dynamic.BROKEN}


def test_names_are_there_once() -> None:
    running = [dynamic.ENCRYPTED_NAME, *(one.name for one in (*dynamic.BROKEN, *dynamic.GOOD))]
    names = [*running, *(one.name for one in (*BROKEN, *FINE))]
    assert len(names) == len(set(names))
