"""A dozen of the running specimens, checked for real; `python -m tests.specimens` checks all of them.

Each is an image, run by runc in a network of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.specimens.campaign import ALONE

WITHIN_S = 300.0
SOME = [
    ("loopback-only", "HL503"),
    ("logs-to-a-file", "HL510"),
    ("needs-root", "HL521"),
    ("wrong-form", "HL604"),
    ("dies-of-bad-input", "HL609"),
    ("healthy-now-and-then", "HL655"),
    ("closes-idle-early", "HL701"),
    ("exits-at-once", "HL802"),
    ("refuses-while-leaving", "HL803"),
    ("wrong-exit-code", "HL808"),
    ("starts-once", "HL307"),
    ("good", ""),
    ("good-threads", ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rule"), SOME, ids=[name for name, _ in SOME])
def test_it_fails_its_rule_and_no_other(name: str, rule: str, base: Path) -> None:
    missing = [program for program in ("runc", "unshare", "ip") if shutil.which(program) is None]
    if missing or os.geteuid():
        pytest.skip(f"root, and these programs, are needed: runc, unshare, ip; not there: {missing}")
    words = ["--dynamic", "--json", "--names", name, "--base", str(base), "--inside"]
    command = [*ALONE, sys.executable, "-m", "tests.specimens", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    failed = [rule for rule, outcome in result["outcomes"].items() if outcome in ("failed", "error")]
    assert failed == ([rule] if rule else []), result["messages"]
    if not rule:
        assert not result["messages"], "all of it can be decided"
