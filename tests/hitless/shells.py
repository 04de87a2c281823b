"""The shells under which /home/run.sh must run: dash (Debian, Ubuntu), bash (RHEL, openEuler), busybox (Alpine)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

import pytest

SHELLS: Mapping[str, Sequence[str]] = {
    "dash": ("dash",),
    "bash": ("bash",),
    "bash-as-sh": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
}


def need(*programs: str) -> None:
    """Skip the test where one of these is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
