"""How many CPUs this container may use: the cgroup's quota (v1 and v2) and the affinity mask, whichever is less."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path


def usable_cpus(read: Callable[[str], str | None] | None = None) -> int:
    """At least 1. `read` gives a file's text, None where there is none (for tests)."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(read or _read)
    return max(1, min(affinity, math.ceil(quota) if quota else affinity))


def cpu_quota(read: Callable[[str], str | None]) -> float | None:
    """CPUs by quota, None without one: the least of this process's cgroup and all above it."""
    groups = _groups(read("/proc/self/cgroup") or "")
    quotas = [
        quota
        for root, path, version in groups
        for folder in _upwards(root, path)
        if (quota := _quota_v2(read, folder) if version == 2 else _quota_v1(read, folder)) is not None
    ]
    return min(quotas, default=None)


def _groups(text: str) -> list[tuple[str, str, int]]:
    """(mount, path, version) from /proc/self/cgroup; in a container the path may be hidden, so "/" is tried as well."""
    found = [("/sys/fs/cgroup", "/", 2), ("/sys/fs/cgroup/cpu", "/", 1)]
    for line in text.splitlines():
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if hierarchy == "0" and not controllers:
            found += [("/sys/fs/cgroup", path, 2), ("/sys/fs/cgroup/unified", path, 2)]
        elif "cpu" in controllers.split(","):
            found += [("/sys/fs/cgroup/cpu", path, 1), ("/sys/fs/cgroup/cpu,cpuacct", path, 1)]
    return found


def _upwards(root: str, path: str) -> list[str]:
    parts = [part for part in path.split("/") if part and part != ".."]
    return [root + "".join(f"/{part}" for part in parts[:count]) for count in range(len(parts), -1, -1)]


def _quota_v2(read: Callable[[str], str | None], folder: str) -> float | None:
    quota, _, period = (read(f"{folder}/cpu.max") or "").partition(" ")
    return _ratio(quota, period)


def _quota_v1(read: Callable[[str], str | None], folder: str) -> float | None:
    return _ratio(read(f"{folder}/cpu.cfs_quota_us") or "", read(f"{folder}/cpu.cfs_period_us") or "")


def _ratio(quota: str, period: str) -> float | None:
    try:
        ratio = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return None  # "max", or no such file
    return ratio if ratio > 0 else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        return None
