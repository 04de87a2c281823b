"""The page of the reference says what the table says."""

from __future__ import annotations

from pathlib import Path

from tests.hitless.page import page


def test_the_page_is_the_one_that_the_table_makes(repository: Path) -> None:
    committed = (repository / "docs/reference/stopping.md").read_text(encoding="utf-8")
    assert committed == page(), "run: python -m tests.hitless.page > docs/reference/stopping.md"
