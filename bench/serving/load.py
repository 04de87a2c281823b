"""Load with wrk: one prepared request over and over on keep-alive connections (a closed loop), and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.serving.workload import Workload

SCRIPT = Path(__file__).parent / "post.lua"
MARK = "WRK "
REPLY_LIMIT = "30s"  # by default wrk leaves replies that took over 2 s out of its percentiles


class LoadFailedError(Exception):
    """wrk itself failed; the text is its output."""


@dataclass(frozen=True)
class Load:
    """`errors`: replies that are not 2xx, and connections that failed; `cpu_s`: what wrk itself used."""

    ok: int
    errors: int
    duration_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_s: float

    @property
    def ok_per_s(self) -> float:
        return self.ok / self.duration_s


def parse(output: str, cpu_s: float) -> Load:
    """The line that post.lua prints; raises LoadFailedError where there is none."""
    line = next((line for line in output.splitlines() if line.startswith(MARK)), None)
    if line is None:
        raise LoadFailedError(output)
    figures = json.loads(line.removeprefix(MARK))
    return Load(
        ok=figures["replies"] - figures["not_2xx"],
        errors=sum(figures[name] for name in ("not_2xx", "connect", "read", "write", "timeout")),
        duration_s=figures["duration_us"] / 1e6,
        p50_ms=figures["p50_us"] / 1e3,
        p99_ms=figures["p99_us"] / 1e3,
        max_ms=figures["max_us"] / 1e3,
        cpu_s=cpu_s,
    )


def run(url: str, workload: Workload, connections: int, seconds: int) -> Load:
    """wrk with one thread, which is all that two cores can spare it."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", REPLY_LIMIT, "-s", str(SCRIPT), url]
    command += ["--", str(workload.body), workload.content_type]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    with process.stdout as output:
        text = output.read()
    _, status, usage = os.wait4(process.pid, 0)  # wait4, for the CPU time of wrk alone
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise LoadFailedError(text)
    return parse(text, usage.ru_utime + usage.ru_stime)


def version() -> str | None:
    """Of wrk; None if it is not installed."""
    try:
        shown = subprocess.run(["wrk", "-v"], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return " ".join((shown.stdout + shown.stderr).split()[:2])
