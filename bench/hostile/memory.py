"""How much memory a server has: pages of all its processes, each counted where it is mapped.

Not the proportional size: that of a page shared with another Python grows when the other one ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from bench.serving import procfs

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_RESIDENT, _OF_FILES = 1, 2  # fields of /proc/<pid>/statm (proc(5))


def resident_mib(root: int) -> float:
    """All that is resident, of a process and everything below it."""
    return sum(pages[_RESIDENT] for pages in _pages(root)) * _PAGE_MIB


def anonymous_mib(root: int) -> float:
    """Without what only mirrors files: what was allocated, the smaller and stricter figure."""
    return sum(pages[_RESIDENT] - pages[_OF_FILES] for pages in _pages(root)) * _PAGE_MIB


def _pages(root: int) -> list[list[int]]:
    pids = [root, *(process.pid for process in procfs.tree(root))]
    return [[int(field) for field in Path(f"/proc/{pid}/statm").read_text().split()] for pid in pids]
