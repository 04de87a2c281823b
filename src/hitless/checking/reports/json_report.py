"""The report as JSON, for programs. Its shape is report.schema.json; keys are added, never renamed or removed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from hitless.checking.report import Judged, Report
from hitless.checking.reports import telling
from hitless.checking.verdict import Evidence, Outcome
from hitless.checking.waivers import Waiver

FORMAT = 1
SCHEMA_FILE = Path(__file__).parent / "report.schema.json"


def render(report: Report) -> str:
    return json.dumps(value_of(report), indent=2, ensure_ascii=False) + "\n"


def value_of(report: Report) -> dict[str, Any]:
    """Objects, lists, strings and numbers, in the shape of the schema."""
    opened = report.record.opened
    return {
        "format": FORMAT,
        "tool": {"name": "hitless", "version": telling.printable(opened.version)},
        "subject": {"name": telling.printable(opened.subject), "kind": telling.printable(opened.kind)},
        "moment": telling.printable(opened.moment),
        "profile": report.profile.name,
        "purpose": str(report.purpose),
        "seed": opened.seed,
        "quick": opened.quick,
        "conclusion": str(report.conclusion),
        "because": telling.because(report),
        "counts": {str(outcome): report.counts[outcome] for outcome in Outcome},
        "notes": list(telling.notes(report)),
        "figures": {name: telling.in_one_line(told) for name, told in report.figures.items()},
        "rules": [_rule(report, one) for one in report.judged],
        "waivers": {
            "expired": [_waiver(one) for one in report.expired],
            "unused": [_waiver(one) for one in report.unused],
        },
    }


def _rule(report: Report, one: Judged) -> dict[str, Any]:
    rule, verdict, clause = one.rule, one.verdict, telling.clause_of(one, report.profile)
    return {
        "id": rule.id,
        "title": telling.printable(rule.title),
        "level": str(one.level),
        "clause": {"id": clause.id, "text": clause.text, "source": clause.source},
        "needs": [str(stage) for stage in rule.needs],
        "outcome": str(verdict.outcome),
        "message": telling.printable(verdict.message),
        "expected": telling.printable(verdict.expected),
        "actual": telling.printable(verdict.actual),
        "evidence": [_evidence(piece) for piece in verdict.evidence],
        "fix": telling.printable(rule.fix),
        "reproduce": telling.again(report, one) if verdict.outcome is Outcome.FAILED else "",
        "waiver": None if one.waiver is None else _waiver(one.waiver),
    }


def _evidence(piece: Evidence) -> dict[str, Any]:
    at_s = piece.at_s if piece.at_s is not None and math.isfinite(piece.at_s) else None  # JSON has no NaN
    return {"what": telling.printable(piece.what), "at_s": at_s, "stage": telling.printable(piece.stage)}


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {"rule": waiver.rule, "reason": telling.printable(waiver.reason), "expires": waiver.expires.isoformat()}
