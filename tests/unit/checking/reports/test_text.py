"""The report on a terminal: one screen, worst first, every failure with all that is needed to act on it."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.unit.checking import sample_records as samples

from hitless.checking.report import Report
from hitless.checking.reports.text import MOST_OPEN, render, show
from hitless.checking.rule import Level
from hitless.checking.verdict import failed, passed, unproven

REPORTS = {
    "broken": samples.report(), "kept": samples.conforming(), "open": samples.undecided(), "hostile": samples.hostile()
}  # fmt: skip


def test_a_failure_tells_all_that_is_needed() -> None:
    text = render(samples.report())
    for part in (
        "✗ HL802  It goes on for 60 s",
        "855 of 975 requests failed.",
        "EXIT-2 (must): After SIGTERM it goes on for 60 s before it leaves",
        "(EXIT-2; custom-image specification, modelarts_23_0219, 2024-09-14)",
        "expected  every request is answered for 60 s after SIGTERM",
        "actual    the port is closed 3.0 s after SIGTERM",
        "[stop, 8.10 s] POST / on a pooled connection: reset",
        "      trap 'kill -TERM $pid' TERM\n",
        "      docker kill -s TERM a; curl -X POST http://10.88.0.2:8080/\n",
        "      hitless explain HL802\n",
    ):
        assert part in text


def test_the_worst_is_first_and_what_is_kept_is_a_count() -> None:
    lines = render(samples.report()).splitlines()
    assert [line.split()[1] for line in lines[:6]] == ["failed", "waived", "error", "unproven", "unproven", "passed"]
    assert re.match(r"✓ passed +2 ", lines[5])


def test_verbose_lists_every_rule() -> None:
    report = samples.report()
    lines = render(report, verbose=True).splitlines()[: len(report.judged)]
    assert {re.search(r"HL\d{3}", line)[0] for line in lines} == {one.rule.id for one in report.judged}  # type: ignore[index]


def test_the_end_is_the_conclusion() -> None:
    assert render(samples.report()).splitlines()[-3:] == [
        "registry.example/mnist:v1 does not conform (2024-09, for hitless)",
        "Broken, and must hold: HL802. Not proven, and must hold: HL701.",
        "1 failed, 1 waived, 1 error, 2 unproven, 2 passed, 1 not applicable.",
    ]
    assert "mnist:v1 conforms (2024-09, for hitless)" in render(samples.conforming())
    assert "mnist:v1 is not decided (2024-09, for hitless)" in render(samples.undecided())
    assert "No rule that must hold was judged." in render(samples.report(only=[]))


def test_waivers_are_shown_with_those_that_do_nothing() -> None:
    text = " ".join(render(samples.report()).split())
    assert "HL501: It logs to a file. Accepted until 2027-01-31: the gateway collects files" in text
    assert "HL803: the waiver ended on 2026-01-01: was needed" in text
    assert "HL101: the waiver is not needed any more: not needed" in text


def test_reasons_are_told_once() -> None:
    rules = [samples.made(f"HL7{number:02}", "KEEP-1", unproven("a quick look")) for number in range(1, 4)]
    text = render(samples.report(only=rules))
    assert "  HL701, HL702, HL703: a quick look\n" in text
    assert text.count("a quick look") == 1


def test_many_that_are_open_leave_room_for_what_is_broken() -> None:
    rules = [samples.made(f"HL7{number:02}", "KEEP-1", unproven("a quick look")) for number in range(MOST_OPEN + 1)]
    broken = samples.made("HL802", "EXIT-2", failed("No.", expected="a", actual="b"))
    lines = render(samples.report(only=[*rules, broken])).splitlines()
    assert lines[0].split()[:3] == ["✗", "failed", "HL802"]
    assert lines[1].split() == ["?", "unproven", str(MOST_OPEN + 1), "why:", "below"]


def test_of_many_ids_the_first_are_named() -> None:
    rules = [samples.made(f"HL7{number:02}", "KEEP-1", unproven("a quick look")) for number in range(12)]
    assert "HL709 and 2 more" in render(samples.report(only=rules))
    assert "HL710, HL711: a quick look" in " ".join(render(samples.report(only=rules), verbose=True).split())


def test_a_failure_without_a_command_is_seen_again_by_its_rule() -> None:
    broken = samples.made("HL501", "LOG-1", failed("No.", expected="a", actual="b"), level=Level.SHOULD)
    text = render(samples.report(only=[broken, samples.made("HL101", "SIZE-1", passed("yes"))], waivers=()))
    assert "hitless check registry.example/mnist:v1 --select HL501 --profile 2024-09 --for hitless" in text


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_80_columns_are_enough(report: Report) -> None:
    for line in render(report).splitlines():
        assert len(line) <= 80 or line.startswith("      "), line  # what is to be pasted is not broken


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_pipe_gets_no_controls(report: Report) -> None:
    assert all(char.isprintable() or char == "\n" for char in render(report))


def test_a_terminal_gets_colours_and_nothing_of_the_subject() -> None:
    file = io.StringIO()
    show(samples.hostile(), Console(file=file, force_terminal=True, color_system="standard", width=80))
    escapes = set(re.findall(r"\x1b[^m]*m?", file.getvalue()))
    assert escapes
    assert all(re.fullmatch(r"\x1b\[[\d;]*m", escape) for escape in escapes)


def test_a_report_on_some_rules_says_so() -> None:
    some = replace(samples.conforming(), left_out=100)
    assert f"Only {len(some.judged)} of {len(some.judged) + 100} rules were judged" in render(some)
    assert "rules were judged" not in render(samples.conforming())
