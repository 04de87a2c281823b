"""`hitless` as a user runs it: a process of its own, with its output, its errors and its exit code."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROGRAM = (sys.executable, "-c", "from hitless.cli import main; main()")
ENDED_WITHIN_S = 60.0


def environment(**more: str) -> Mapping[str, str]:
    """Ours, without what would colour or widen the output, nor any option of a server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HITLESS_", "FORCE_COLOR"))}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "100", **more}


def hitless(
    *arguments: str | Path, cwd: Path | None = None, given: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run to its end, the output as text. `given` is its standard input, `more` is added to the environment."""
    done = hitless_bytes(*arguments, cwd=cwd, given=given, **more)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def hitless_bytes(
    *arguments: str | Path, cwd: Path | None = None, given: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, input=given, capture_output=True, cwd=cwd, env=environment(**more), timeout=ENDED_WITHIN_S, check=False
    )


def hitless_on_a_terminal(*arguments: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code, and what a terminal shows: output and errors together, without their styles."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env=environment(TERM="xterm"),
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # Linux: the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(ENDED_WITHIN_S), re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n")
