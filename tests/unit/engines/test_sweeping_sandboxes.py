"""What a killed run left is removed, whatever is in its folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from tests.unit.engines.test_runs import BOOT, MACHINE, NAMESPACE, NO_PROCESS

from hitless.engines.runs import this_run
from hitless.engines.sandbox import sweep_sandboxes

KILLED = f"{MACHINE}.{BOOT}.{NAMESPACE}.{NO_PROCESS}.5"


@pytest.mark.parametrize("pair", [None, "", "12", "12 99999999"])
def test_the_folder_of_a_killed_run(pair: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pair of devices may never have been made, or be gone; older versions wrote only its number."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, own = tmp_path / f"hitless-run-{KILLED}-abc", tmp_path / f"hitless-run-{this_run()}-abc"
    for folder in (left, own):
        folder.mkdir()
        if pair is not None:
            (folder / "pair").write_text(pair)
    assert sweep_sandboxes() == [left.name]
    assert [path.name for path in tmp_path.iterdir()] == [own.name]
