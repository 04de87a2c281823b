"""The guide to building does what it says: its commands are run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.documents import Reader, Run, steps_of

MADE_ALREADY = "hitless base make base"  # by the fixture, once for all tests


def test_the_commands_of_the_guide(
    repository: Path, base: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of((repository / "docs/guides/building.md").read_text(encoding="utf-8"))
    assert MADE_ALREADY in [step.command for step in steps if isinstance(step, Run)]
    reader_home = tmp_path / "caches"
    reader_home.mkdir()
    cache.mkdir(exist_ok=True)
    (reader_home / "hitless").symlink_to(cache)
    monkeypatch.setenv("XDG_CACHE_HOME", str(reader_home))
    (tmp_path / "base").symlink_to(base)
    (tmp_path / "examples").symlink_to(repository / "examples")
    with Reader(tmp_path) as reader:
        for step in steps:
            if not (isinstance(step, Run) and step.command == MADE_ALREADY):
                reader.do(step)
