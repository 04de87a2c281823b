"""What Linux counts about processes: the texts under /proc into numbers, and the sums over a tree of processes.

A tree is the descendants of one process. `processes.adopt_orphans` makes that hold for servers whose parents leave.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A line of /proc/<pid>/stat. `cpu_s` covers its children that were waited for, too."""

    pid: int
    parent: int
    state: str
    cpu_s: float


@dataclass(frozen=True)
class Cores:
    """All cores since the start of the machine, seconds: `busy` in programs and the kernel, `steal` by the host."""

    busy_s: float
    steal_s: float


def parse_stat(text: str) -> Process:
    """/proc/<pid>/stat (proc(5)); the name of the program, in brackets, may hold spaces and brackets."""
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    ticks = sum(int(fields[index]) for index in range(11, 15))  # utime, stime, cutime, cstime
    return Process(int(head.split(" ", 1)[0]), int(fields[1]), fields[0], ticks / TICKS_PER_S)


def parse_cores(text: str) -> Cores:
    """The first line of /proc/stat; a guest's time is within user and nice already."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in text.split()[1:9])
    return Cores((user + nice + system + irq + softirq) / TICKS_PER_S, steal / TICKS_PER_S)


def parse_pss_mib(text: str) -> float:
    """/proc/<pid>/smaps_rollup; 0 where it says nothing."""
    values = (line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))
    return int(next(values, "0")) / 1024


def descendants(processes: Iterable[Process], root: int) -> list[Process]:
    """Every process below `root`, parents before children; `root` itself is not among them."""
    children: dict[int, list[Process]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = list(children.get(root, ()))
    for process in found:  # grows while it is walked
        found.extend(children.get(process.pid, ()))
    return found


def read_processes() -> list[Process]:
    """All of the machine; those that leave meanwhile are missing."""
    return [parse_stat(text) for text in _read_all("stat", (path.name for path in PROC.glob("[0-9]*")))]


def read_cores() -> Cores:
    return parse_cores((PROC / "stat").read_text())


def tree(root: int) -> list[Process]:
    return descendants(read_processes(), root)


def tree_cpu_s(root: int) -> float:
    """CPU of everything below `root`, with those of them that have ended and were waited for."""
    return sum(process.cpu_s for process in tree(root))


def tree_pss_mib(root: int) -> float:
    """Proportional set size of everything below `root`, MiB: shared pages are split among those who share them."""
    return sum(parse_pss_mib(text) for text in _read_all("smaps_rollup", (str(p.pid) for p in tree(root))))


def _read_all(name: str, pids: Iterable[str]) -> Iterable[str]:
    for pid in pids:
        try:
            yield (PROC / pid / name).read_text(errors="replace")  # a process may be called anything
        except (FileNotFoundError, ProcessLookupError):
            continue
