"""Memory stays below 200 MB, whatever somebody has packed into a layer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("hostile_layer.py")


@pytest.mark.parametrize("kind", ["files", "folders"])
def test_a_few_megabytes_with_very_many_entries(tmp_path: Path, kind: str) -> None:
    command = [sys.executable, str(PROGRAM), str(tmp_path), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert "it has too many files" in done.stderr
    assert (tmp_path / "layer.gz").stat().st_size < 10_000_000
    assert int(done.stdout) < 200
