"""Real servers, as their documentation starts them: each checked, what it fails and why kept in bench/results.

    python -m bench.checking.real                   all, at full times, three at once (half an hour)
    python -m bench.checking.real uvicorn nginx     only these
    python -m bench.checking.real --quick           30 s each; nothing is kept
    python -m bench.checking.real --judge           the records of the last run, judged by the rules of today

Needs root, runc, mmdebstrap, and for two of them Go and Java.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.checking.isolated import check, judged, recorded
from bench.checking.recipes import Recipe, read_recipes
from bench.checking.workshop import Workshop
from hitless.checking.report import Report
from hitless.checking.rule import Purpose
from hitless.checking.verdict import Outcome
from hitless.errors import UnavailableError

HERE = Path(__file__).parent
PEERS = HERE / "peers"
MADE = HERE.parent / "made" / "checking"
RESULTS = HERE.parent / "results" / "checking-latest.json"
PURPOSES = (Purpose.REALTIME, Purpose.HITLESS)
_TOLD = (Outcome.FAILED, Outcome.UNPROVEN, Outcome.ERROR)


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench.checking.real", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--at-once", type=int, default=3)
    options = parser.parse_args()
    recipes = read_recipes(PEERS)
    chosen = [recipes[name] for name in options.names] if options.names else list(recipes.values())
    records = MADE / "records"
    records.mkdir(parents=True, exist_ok=True)
    if not options.judge:
        _check_all(chosen, records, quick=options.quick, at_once=options.at_once)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for recipe in chosen:
        record = records / f"{recipe.name}.ndjson"
        if record.exists():
            kept[recipe.name] = told = _told(recipe, record)
            _show(told)
    if not options.quick:
        RESULTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")
    return 0


def _check_all(chosen: list[Recipe], records: Path, *, quick: bool, at_once: int) -> None:
    workshop = Workshop(MADE)
    layouts: dict[str, Path] = {}
    for recipe in chosen:
        try:
            layouts[recipe.name] = workshop.made(recipe)
        except UnavailableError as error:
            print(f"{recipe.name}: not made: {error}", flush=True)

    def one(name: str) -> None:
        try:
            elapsed_s = check(layouts[name], records / f"{name}.ndjson", ["--quick"] if quick else [])
            print(f"{name}: {elapsed_s:.0f} s", flush=True)
        except UnavailableError as error:
            print(f"{name}: {error}", flush=True)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, layouts))


def _told(recipe: Recipe, file: Path) -> dict[str, Any]:
    record = recorded(file)
    return {
        "title": recipe.title,
        "why": recipe.why,
        "versions": [wheel for wheel in recipe.wheels if "==" in wheel] or [f"Debian 12: {recipe.base}"],
        "moment": record.opened.moment,
        **{str(purpose): _verdicts(judged(record, purpose)) for purpose in PURPOSES},
    }


def _verdicts(report: Report) -> dict[str, Any]:
    return {
        "conclusion": str(report.conclusion),
        "counts": {str(outcome): count for outcome, count in sorted(report.counts.items())},
        "rules": {
            one.rule.id: {
                "outcome": str(one.verdict.outcome),
                "level": str(one.level),
                "message": one.verdict.message.replace(str(MADE), "…"),
            }
            for one in report.worst_first()
            if one.verdict.outcome in _TOLD
        },
    }


def _show(told: dict[str, Any]) -> None:
    print(f"\n{told['title']}: realtime {told['realtime']['conclusion']}, hitless {told['hitless']['conclusion']}")
    for name, one in told["hitless"]["rules"].items():
        also = "" if name in told["realtime"]["rules"] else "  (hitless only)"
        print(f"  {one['outcome']:<9} {name} {one['level']:<7} {one['message'][:150]}{also}")


if __name__ == "__main__":
    sys.exit(main())
