"""On what a run was made: processor, memory, system, versions. Nothing that names the machine or its owner."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def describe() -> dict[str, str | int]:
    """As it goes into the results."""
    return {
        "processor": _field(Path("/proc/cpuinfo").read_text(), "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(_field(Path("/proc/meminfo").read_text(), "MemTotal").split()[0]) / 2**20),
        "kernel": platform.release().split("-")[0],
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "python": platform.python_version(),
        "commit": commit(),
    }


def load_average() -> float:
    """Of the last minute: what runs beside the benchmark when it begins."""
    return os.getloadavg()[0]


def commit() -> str:
    """Of the working tree, with a + where it has been changed since; empty outside a repository."""
    try:
        shown = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return shown.stdout.strip()


def _field(text: str, name: str) -> str:
    """The value of the first `name : value` line."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
