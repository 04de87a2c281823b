"""How much memory something takes: by its cgroup, of version 1 or 2, or by its processes. Page cache does not count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PAGES = ("RssAnon", "RssShmem")  # what is not of files (proc_pid_status(5)), in KiB


def cgroups_of(pid: int) -> dict[str, str]:
    """Path by controller, "" for that of version 2 (cgroups(7)); empty where there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    parts = [line.split(":", 2) for line in lines]
    return {name: path for _, names, path in parts for name in names.split(",")}


def memory_of_group(pid: int) -> int | None:
    """Of the cgroup in which a process is, in bytes; files in memory (tmpfs) count. None where nobody can tell."""
    groups = cgroups_of(pid)
    if "memory" in groups:
        folder = _folder("cgroup", "memory", groups["memory"])
        return _charged(folder, "memory.usage_in_bytes", "total_cache", "total_shmem")
    return _charged(_folder("cgroup2", "", groups.get("", "")), "memory.current", "file", "shmem")


def _charged(folder: Path | None, usage: str, cache: str, shared: str) -> int | None:
    if folder is None:
        return None
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
        figures = {name: int(value) for name, _, value in (line.partition(" ") for line in lines)}
        return max(0, int((folder / usage).read_text()) - figures[cache] + figures[shared])
    except (OSError, ValueError, KeyError):
        return None


def _folder(kind: str, controller: str, path: str) -> Path | None:
    """Where a cgroup is mounted (proc_pid_mountinfo(5))."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, place = before.split()[3:5]
        known, _, options = after.split(" ", 2)
        inside = path == root or path.startswith(root.rstrip("/") + "/")
        if known == kind and inside and (not controller or controller in options.split(" ")[-1].split(",")):
            return Path(place + path.removeprefix(root.rstrip("/")))
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
