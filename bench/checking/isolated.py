"""Checks of images side by side, each in network and mount namespaces of its own: image → record → verdicts.

Nothing of this machine's own network is touched; the runc engine runs what is checked.
"""

from __future__ import annotations

import datetime
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hitless.checking.judging import judge
from hitless.checking.record import Record, read_lines
from hitless.checking.report import Report
from hitless.checking.rule import Purpose
from hitless.checking.rules.catalogue import RULES
from hitless.errors import UnavailableError
from hitless.spec.profiles import DEFAULT, Profile

NAMESPACES = ("unshare", "--net", "--mount", "--propagation", "private", "--kill-child", "--fork")
_LONGEST_S = 900.0
_DECIDED = (0, 1, 3)  # exit codes of a check that has a report


def check(layout: Path, record: Path, options: Sequence[str] = ()) -> float:
    """Check it as a user does; the record is what is left. Seconds that it took. UnavailableError."""
    program = [str(Path(sys.executable).with_name("hitless")), "check", str(layout)]
    program += ["--engine", "runc", "--record", str(record)]
    return run([*program, *options], _DECIDED)


def run(command: Sequence[str], codes: Sequence[int] = (0,)) -> float:
    """A command in namespaces of its own with a loopback. UnavailableError for another exit code than these."""
    shell = f"ip link set lo up && exec {shlex.join(command)}"
    began = datetime.datetime.now(datetime.UTC)
    done = subprocess.run(
        [*NAMESPACES, "sh", "-c", shell], capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    if done.returncode not in codes:
        raise UnavailableError(f"{shlex.join(command[:4])} ended with {done.returncode}: {done.stderr.strip()[-1500:]}")
    return (datetime.datetime.now(datetime.UTC) - began).total_seconds()


def recorded(file: Path) -> Record:
    with file.open("rb") as lines:
        return read_lines(lines, file.name)


def judged(record: Record, purpose: Purpose, profile: Profile = DEFAULT) -> Report:
    """By all rules."""
    today = datetime.datetime.now(datetime.UTC).date()
    return judge(record, RULES.values(), profile, purpose, today=today)
