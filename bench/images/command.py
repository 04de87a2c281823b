"""Runs a program to its end and says what it took: wall time, CPU time, memory. Starts nothing that stays."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """`memory_mb`: the largest resident size of it or of one of its children; `cpu_s`: of all of them."""

    seconds: float
    cpu_s: float
    memory_mb: float
    output: str


class FailedError(Exception):
    """A command that should have worked has not; with what it said."""


def run(command: Sequence[str | Path], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Done:
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(environ or {})}, stdin=subprocess.DEVNULL,
                                   stdout=said, stderr=subprocess.STDOUT)  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read().decode("utf-8", "replace")
    if process.returncode:
        raise FailedError(f"{' '.join(map(str, command))}\n{output[-2000:]}")
    return Done(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, output)
