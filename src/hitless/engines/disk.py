"""How much of this machine's disk an instance takes, watched from a thread: who takes too much is ended.

Its root is a folder of ours without a limit of its own, and a disk that is full stops more than the check.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

KEPT_FREE_BYTES, KEPT_FREE_FILES = 1 << 30, 10_000  # for all others; a file that has no name any more counts here
_EVERY_S = 0.5
_REST = 5  # times as long as a look takes: many files make it long


class DiskWatch:
    """Over `folder`, until `stop`. `exceeded` is called once, with the reason, by the thread."""

    def __init__(self, folder: Path, most_bytes: int, exceeded: Callable[[str], object]) -> None:
        self._folder = folder
        self._most = most_bytes
        self._exceeded = exceeded
        self._over = threading.Event()
        free = os.statvfs(folder)
        self._free_bytes = min(KEPT_FREE_BYTES, free.f_bavail * free.f_frsize // 2)
        self._free_files = min(KEPT_FREE_FILES, free.f_favail // 2)
        before = self._taken()  # not in the thread: the instance may be quicker
        self._thread = threading.Thread(target=self._watch, args=(before,), name="hitless-disk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self, before: int) -> None:
        pause_s = 0.0
        while not self._over.wait(_EVERY_S + pause_s):
            began = time.monotonic()
            if why := self._excess(before):
                self._exceeded(why)
                return
            pause_s = _REST * (time.monotonic() - began)

    def _excess(self, before: int) -> str:
        """Why it must not go on; empty where it may."""
        free = os.statvfs(self._folder)
        if free.f_bavail * free.f_frsize < self._free_bytes or free.f_favail < self._free_files:
            return "this machine's disk is nearly full"
        if self._taken() - before > self._most:
            return f"it wrote more than {self._most:,} bytes to its root"
        return ""

    def _taken(self) -> int:
        total = 0
        for one in _entries(self._folder):
            if self._over.is_set():
                break
            try:
                total += one.stat(follow_symlinks=False).st_blocks * 512
            except OSError:
                continue
        return total


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All below it, links not followed; what goes away meanwhile is left out."""
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
