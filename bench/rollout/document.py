"""Puts the tables of the latest committed bench into docs/hitless.md: `python -m bench.rollout.document`."""

from __future__ import annotations

import json
from pathlib import Path

from bench.rollout.markdown import tables
from bench.rollout.options import BENCH

DOCUMENT = BENCH.parent / "docs" / "hitless.md"
RESULTS = BENCH / "results" / "rollout-latest.json"
BEGIN, END = "<!-- the figures: python -m bench.rollout.document -->", "<!-- the end of the figures -->"


def with_figures(text: str, figures: str) -> str:
    """The document with these figures between its two marks; ValueError where a mark is missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n\n{figures}\n{END}{tail}"


def main(results: Path = RESULTS, document: Path = DOCUMENT) -> None:
    document.write_text(with_figures(document.read_text(), tables(json.loads(results.read_text()))))


if __name__ == "__main__":
    main()
