"""Nothing is said against good subjects: no false alarms. The edition's times are in miniature here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from bench.checking.real import MADE
from bench.checking.workshop import Workshop
from tests.e2e.conftest import one_at_a_time
from tests.specimens.good.campaign import said
from tests.specimens.good.recipes import RECIPES, SHORT

from hitless.errors import UnavailableError

NEEDED = ("runc", "mmdebstrap", "unshare", "nsenter", "ip", "mount")


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_nothing_is_said_against(name: str, tmp_path: Path) -> None:
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing or os.geteuid():
        pytest.skip(f"needs root and {', '.join(missing or NEEDED)}")
    recipe = RECIPES[name]
    MADE.mkdir(parents=True, exist_ok=True)
    try:
        with one_at_a_time(MADE / f"{recipe.base}.lock"):
            layout = Workshop(MADE).made(recipe, SHORT)
    except UnavailableError as error:
        pytest.skip(str(error))
    one = said(recipe, layout, "short", tmp_path)
    assert not one.alarms
    assert one.conclusion == "conforms"
