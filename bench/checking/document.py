"""Puts the table of real servers into docs/check.md: `python -m bench.checking.document`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[1]
DOCUMENT = BENCH.parent / "docs" / "check.md"
RESULTS = BENCH / "results" / "checking-latest.json"
BEGIN, END = "<!-- the table: python -m bench.checking.document -->", "<!-- the end of the table -->"
_MARKS = {"conforms": "✓", "does not conform": "✗", "not decided": "?"}
_RULES = "reference/rules.md"


def table(results: Mapping[str, Any]) -> str:
    """Markdown: a row for each server, those that conform most first."""
    rows = [
        "| server | real-time | hitless | what it breaks, and why | advice that it does not follow |",
        "| --- | :-: | :-: | --- | --- |",
    ]
    rows += [_row(one) for one in sorted(results.values(), key=_order)]
    return "\n".join(rows) + "\n"


def with_table(text: str, rows: str) -> str:
    """The document with this table between its two marks; ValueError where a mark is missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n\n{rows}\n{END}{tail}"


def _order(one: Mapping[str, Any]) -> tuple[int, int, str]:
    return _broken(one["hitless"]), _broken(one["realtime"]), one["title"]


def _broken(verdicts: Mapping[str, Any]) -> int:
    return len(_failed(verdicts, "must"))


def _failed(verdicts: Mapping[str, Any], *levels: str) -> dict[str, str]:
    return {
        name: rule["message"]
        for name, rule in verdicts["rules"].items()
        if rule["outcome"] == "failed" and rule["level"] in levels
    }


def _row(one: Mapping[str, Any]) -> str:
    realtime, hitless = one["realtime"], one["hitless"]
    broken = [f"{_link(name)} {_cell(message)}" for name, message in _failed(hitless, "must").items()]
    why = "; ".join(broken) + (". " if broken and one["why"] else "") + one["why"]
    advice = ", ".join(_link(name) for name in _failed(hitless, "should"))
    marks = (_MARKS[realtime["conclusion"]], _MARKS[hitless["conclusion"]])
    return f"| {one['title']} | {marks[0]} | {marks[1]} | {why or '–'} | {advice or '–'} |"


def _link(name: str) -> str:
    return f"[{name}]({_RULES}#{name.lower()})"


def _cell(message: str) -> str:
    return message.replace("|", "\\|").replace("\n", " ")


def main(results: Path = RESULTS, document: Path = DOCUMENT) -> None:
    document.write_text(with_table(document.read_text(), table(json.loads(results.read_text()))))


if __name__ == "__main__":
    main()
