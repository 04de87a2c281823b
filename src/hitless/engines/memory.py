"""How much memory something takes: by its cgroup, of version 1 or 2, or by its processes. Page cache does not count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hitless.engines.cgroups import cgroups_of, mounted

_PAGES = ("RssAnon", "RssShmem")  # what is not of files (proc_pid_status(5)), in KiB


def memory_of_group(pid: int) -> int | None:
    """Of the cgroup in which a process is, in bytes; files in memory (tmpfs) count. None where nobody can tell."""
    groups = cgroups_of(pid)
    if "memory" in groups:
        folder = mounted("memory", groups["memory"])
        return _charged(folder, "memory.usage_in_bytes", "total_cache", "total_shmem")
    return _charged(mounted("", groups.get("", "")), "memory.current", "file", "shmem")


def _charged(folder: Path | None, usage: str, cache: str, shared: str) -> int | None:
    if folder is None:
        return None
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
        figures = {name: int(value) for name, _, value in (line.partition(" ") for line in lines)}
        return max(0, int((folder / usage).read_text()) - figures[cache] + figures[shared])
    except (OSError, ValueError, KeyError):
        return None


def memory_of_processes(pid: int) -> int | None:
    """Of a process and all its descendants, in bytes; what they share counts for each. None where there is none."""
    figures = [figure for one in (pid, *descendants(pid)) if (figure := _resident(one)) is not None]
    return sum(figures) if figures else None


def descendants(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in file.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from descendants(child)


def _resident(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    figures = [value.split()[0] for name, _, value in (line.partition(":") for line in lines) if name in _PAGES]
    return sum(map(int, figures)) * 1024 if figures else None
