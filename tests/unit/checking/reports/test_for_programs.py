"""JSON by its schema, JUnit and SARIF by libraries of others that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from sarif_pydantic import Sarif  # type: ignore[import-untyped]
from tests.unit.checking import sample_records as samples

from hitless.checking.report import Report
from hitless.checking.reports import FORMATS, badge, json_report, junit, sarif
from hitless.checking.verdict import Evidence, failed

REPORTS = {
    "broken": samples.report(), "kept": samples.conforming(), "open": samples.undecided(), "hostile": samples.hostile(),
    "empty": samples.report(only=[]),
}  # fmt: skip
each = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
SCHEMA = json.loads(json_report.SCHEMA_FILE.read_text(encoding="utf-8"))


# JSON


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@each
def test_json_keeps_its_schema(report: Report) -> None:
    text = json_report.render(report)
    text.encode()
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(json.loads(text))


def test_every_key_that_is_written_is_in_the_schema() -> None:
    value = json_report.value_of(samples.report())
    rule = SCHEMA["$defs"]["rule"]
    assert set(value) == set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert set(value["rules"][0]) == set(rule["required"]) == set(rule["properties"])


def test_json_has_the_facts() -> None:
    value = json_report.value_of(samples.report())
    assert value["conclusion"] == "does not conform"
    assert value["counts"] == {"passed": 2, "not applicable": 1, "failed": 2, "unproven": 2, "error": 1}
    rule = next(one for one in value["rules"] if one["id"] == "HL802")
    assert rule["evidence"][0] == {"what": "POST / on a pooled connection: reset", "at_s": 8.1, "stage": "stop"}
    assert rule["waiver"] is None
    waived = next(one for one in value["rules"] if one["id"] == "HL501")
    assert waived["waiver"] == {"rule": "HL501", "reason": "the gateway collects files", "expires": "2027-01-31"}
    assert [one["rule"] for one in value["waivers"]["expired"]] == ["HL803"]
    assert [one["rule"] for one in value["waivers"]["unused"]] == ["HL101"]


def test_a_time_that_is_no_number_is_null() -> None:
    rule = samples.made(
        "HL802", "EXIT-2", failed("No.", Evidence("x", float("nan"), "stop"), expected="a", actual="b")
    )  # fmt: skip
    value = json_report.value_of(samples.report(only=[rule]))
    assert value["rules"][0]["evidence"][0]["at_s"] is None


# JUnit


def cases_of(report: Report) -> dict[str, Any]:
    suites = JUnitXml.fromstring(junit.render(report).encode())
    suite = next(iter(suites))
    assert isinstance(suite, TestSuite)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(list(suite)), *(sum(isinstance(one, kind) for case in suite for one in case.result)
                            for kind in (Failure, Error, Skipped))
    )  # fmt: skip
    return {case.name.split()[0]: case for case in suite}


@each
def test_junit_has_a_case_for_each_rule(report: Report) -> None:
    assert list(cases_of(report)) == [one.rule.id for one in report.judged]


@pytest.mark.parametrize(
    ("rule", "kind", "message"),
    [
        pytest.param("HL101", None, "", id="passed"),
        pytest.param("HL802", Failure, "855 of 975 requests failed.", id="failed"),
        pytest.param(
            "HL501", Skipped, "waived until 2027-01-31: the gateway collects files (It logs to a file.)", id="waived"
        ),
        pytest.param("HL701", Error, "only 30 s were looked at", id="unproven-must"),
        pytest.param("HL401", Skipped, "ClamAV is not installed", id="unproven-should"),
        pytest.param("HL502", Error, "the rule itself broke: RuntimeError: a fault of ours", id="our-fault"),
    ],
)  # fmt: skip
def test_what_a_ci_counts_a_rule_as(rule: str, kind: type | None, message: str) -> None:
    results = cases_of(samples.report())[rule].result
    assert [(type(one), one.message) for one in results] == ([(kind, message)] if kind else [])


def test_a_failure_in_junit_tells_all_that_is_needed() -> None:
    text = cases_of(samples.report())["HL802"].result[0].text
    for part in (
        "clause EXIT-2 (must)",
        "expected: every request",
        "actual: the port",
        "seen [stop, 8.10 s]",
        "fix:\n",
    ):
        assert part in text


def test_what_does_not_apply_is_skipped_in_junit() -> None:
    assert isinstance(cases_of(samples.conforming())["HL101"].result[0], Skipped)


# SARIF


@each
def test_sarif_is_read_by_others(report: Report) -> None:
    text = sarif.render(report)
    run = Sarif.model_validate_json(text).runs[0]
    assert [rule.id for rule in run.tool.driver.rules or ()] == [one.rule.id for one in report.judged]
    value = json.loads(text)["runs"][0]
    rules = value["tool"]["driver"]["rules"]
    for result in value["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not uri.startswith("/")
        assert not set(uri) & set(' <>"\\^`{|}')
    for notification in value["invocations"][0]["toolExecutionNotifications"]:
        assert rules[notification["associatedRule"]["index"]]["id"] == notification["associatedRule"]["id"]


def test_sarif_has_the_failures_and_the_waivers() -> None:
    run = sarif.value_of(samples.report(), "https://docs.example/rules.html")["runs"][0]
    results = {one["ruleId"]: one for one in run["results"]}
    assert set(results) == {"HL501", "HL802"}
    assert "suppressions" not in results["HL802"]
    assert results["HL802"]["level"] == "error"
    assert results["HL501"]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "the gateway collects files (until 2027-01-31)"}
    ]
    assert run["tool"]["driver"]["rules"][0]["helpUri"] == "https://docs.example/rules.html#hl101"
    assert "**The image is small enough.**" in run["tool"]["driver"]["rules"][0]["help"]["markdown"]


def test_sarif_tells_what_is_not_decided_without_an_alert() -> None:
    invocation = sarif.value_of(samples.report())["runs"][0]["invocations"][0]
    assert not invocation["executionSuccessful"]
    told = {one["associatedRule"]["id"]: one["level"] for one in invocation["toolExecutionNotifications"]}
    assert told == {"HL401": "warning", "HL502": "error", "HL701": "warning"}
    assert sarif.value_of(samples.conforming())["runs"][0]["invocations"][0]["executionSuccessful"]


def test_a_fingerprint_stays_while_the_words_change() -> None:
    def prints(message: str) -> Any:
        rule = samples.made("HL802", "EXIT-2", failed(message, expected="a", actual=message))
        return sarif.value_of(samples.report(only=[rule]))["runs"][0]["results"][0]["partialFingerprints"]

    assert prints("12 of 100 failed") == prints("13 of 100 failed")


# The badge, and all


@pytest.mark.parametrize(
    ("report", "words"),
    [
        pytest.param(samples.conforming(), "checked for hitless: conforms", id="kept"),
        pytest.param(samples.report(), "checked for hitless: does not conform", id="broken"),
        pytest.param(samples.undecided(), "checked for hitless: not decided", id="open"),
    ],
)
def test_the_badge_says_the_conclusion(report: Report, words: str) -> None:
    root = ElementTree.fromstring(badge.render(report))
    assert root.get("role") == "img"
    assert root.get("aria-label") == words


@pytest.mark.parametrize("name", FORMATS)
@each
def test_every_form_can_be_written_as_utf_8(report: Report, name: str, tmp_path: Path) -> None:
    (tmp_path / "report").write_text(FORMATS[name](report), encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_record_gives_the_same_report(name: str) -> None:
    assert FORMATS[name](samples.report()) == FORMATS[name](samples.report())
