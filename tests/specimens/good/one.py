"""One image checked in this process: python -m tests.specimens.good.one LAYOUT EDITION PURPOSE RECORD. Prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.specimens.good.recipes import EDITIONS

from hitless.checking.check import check
from hitless.checking.report import Report
from hitless.checking.rule import Purpose
from hitless.checking.wishes import Wishes


def told(report: Report) -> dict[str, dict[str, str]]:
    """What is not as it should be: rule → outcome, level, message."""
    return {
        one.rule.id: {"outcome": one.verdict.outcome.value, "level": one.level.value, "message": one.verdict.message}
        for one in report.worst_first()
        if not one.verdict.outcome.conforms
    }


def main(layout: str, edition: str, purpose: str, record: str) -> None:
    wishes = Wishes(
        profile=EDITIONS[edition], purpose=Purpose(purpose), engine="runc", record=Path(record), ignore=("HL404",)
    )
    report = check(layout, wishes)
    sys.stdout.write(json.dumps({"conclusion": report.conclusion.value, "rules": told(report)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
