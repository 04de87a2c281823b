"""The report as SARIF 2.1.0, for code scanning: failures are results, what is not proven is told as notifications.

A viewer shows every result as an alert, whatever its kind; so what passed or could not be looked at is none.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, urlsplit

from hitless.checking import rulebook
from hitless.checking.events import Stage
from hitless.checking.report import Judged, Report
from hitless.checking.reports import telling
from hitless.checking.rule import Level
from hitless.checking.verdict import Outcome

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.INFO: "note"}


def render(report: Report, *, pages: str | None = None) -> str:
    """`pages`: the address at which docs/reference/rules.md can be read; None: the one that the project declares."""
    return json.dumps(value_of(report, rulebook.address() if pages is None else pages), indent=2) + "\n"


def value_of(report: Report, pages: str = "") -> dict[str, Any]:
    """Without `pages` rules have no helpUri: their help stands in the file itself."""
    number = {one.rule.id: index for index, one in enumerate(report.judged)}
    driver = {
        "name": "hitless",
        "semanticVersion": telling.printable(report.record.opened.version),
        "rules": [_rule(one, pages) for one in report.judged],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"hitless/{report.profile.name}/{report.purpose}/"},
        "invocations": [_invocation(report, number)],
        "results": [_result(report, one, number) for one in report.judged if one.verdict.outcome is Outcome.FAILED],
        "properties": {
            "conclusion": str(report.conclusion),
            "because": telling.because(report),
            "notes": list(telling.notes(report)),
            "waivers": list(telling.waiver_lines(report)),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(one: Judged, pages: str) -> dict[str, Any]:
    rule = one.rule
    entry = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.judge.__name__.split("_")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why or rule.title},
        "help": {"text": f"{rule.why}\n\nFix:\n{rule.fix}", "markdown": rulebook.section(rule)},
        "defaultConfiguration": {"level": LEVELS[one.level]},
        "properties": {"clause": rule.clause, "tags": ["conformance", rule.clause]},
    }
    return entry | ({"helpUri": f"{pages}#{rule.id.lower()}"} if pages else {})


def _result(report: Report, one: Judged, number: dict[str, int]) -> dict[str, Any]:
    verdict = one.verdict
    text = f"{telling.printable(verdict.message)}\nExpected: {telling.cut(verdict.expected)}\n"
    text += f"Actual: {telling.cut(verdict.actual)}\nSee it again: {telling.again(report, one)}"
    subject = telling.printable(report.record.opened.subject)
    shown, _ = telling.evidence_of(one)
    result: dict[str, Any] = {
        "ruleId": one.rule.id,
        "ruleIndex": number[one.rule.id],
        "level": LEVELS[one.level],
        "kind": "fail",
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _place(subject, one)}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": subject, "fullyQualifiedName": subject, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"subjectAndRule/v1": hashlib.sha256(f"{subject}\0{one.rule.id}".encode()).hexdigest()},
        "properties": {"evidence": [f"[{telling.when(piece)}] {piece.what}" for piece in shown]},
    }
    if one.waiver is not None:
        justification = f"{telling.printable(one.waiver.reason)} (until {one.waiver.expires})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def _place(subject: str, one: Judged) -> str:
    """A relative address: alerts stand at a file, and of an image there is none but what it is called."""
    if Stage.CONFIG in one.rule.needs:
        return "config.json"
    path = subject.rstrip("/").rpartition("/")[2] if _is_address(subject) else subject
    return quote(path.lstrip("/") or "subject", safe="/")


def _is_address(subject: str) -> bool:
    """Whether it is an address with a scheme or host, which a relative one cannot say."""
    try:
        return bool(urlsplit(subject).netloc)
    except ValueError:
        return True


def _invocation(report: Report, number: dict[str, int]) -> dict[str, Any]:
    broken = any(one.verdict.outcome is Outcome.ERROR for one in report.judged)
    return {
        "executionSuccessful": not broken,
        "toolExecutionNotifications": [
            {
                "level": "error" if one.verdict.outcome is Outcome.ERROR else "warning",
                "message": {"text": f"{one.rule.id} is not decided: {telling.printable(one.verdict.message)}"},
                "associatedRule": {"id": one.rule.id, "index": number[one.rule.id]},
            }
            for one in report.judged
            if one.is_open
        ],
    }
