"""What a process writes, read from its pipes as it comes: kept, and handed on line by line to who follows."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from typing import IO

from hitless.engines.running import Saw

MOST_KEPT_BYTES = 64 << 20  # what comes after is still handed on
_AROUND_A_PIECE = 128  # bytes of memory, however short it is
_LONGEST_LINE = 1 << 20  # what is longer comes in pieces
_LAST_WORDS_S = 2.0  # for what is in the pipes when a process has ended, and its children may hold them open
_PIECE = 65_536


class Output:
    """`streams`: pipes by name; their ends are ours."""

    def __init__(self, streams: Mapping[str, IO[bytes]]) -> None:
        self._lock = threading.Lock()
        self._kept: list[tuple[str, bytes]] = []
        self._left = MOST_KEPT_BYTES
        self._ended: list[str] = []
        self._followers: list[_Lines] = []
        self._threads = [
            threading.Thread(target=self._read, args=(name, pipe), name=f"hitless-{name}", daemon=True)
            for name, pipe in streams.items()
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def of(cls, process: subprocess.Popen[bytes]) -> Output:
        """Of one that was started with pipes."""
        pipes = {"stdout": process.stdout, "stderr": process.stderr}
        return cls({name: pipe for name, pipe in pipes.items() if pipe is not None})

    def follow(self, saw: Saw) -> None:
        """From the first line on; it is called by one thread at a time."""
        lines = _Lines(saw)
        with self._lock:
            for name, data in self._kept:
                lines.take(name, data)
            for name in self._ended:
                lines.end(name)
            self._followers.append(lines)

    def text(self) -> str:
        """All so far, in the order in which it came."""
        with self._lock:
            return b"".join(data for _, data in self._kept).decode("utf-8", "replace")

    def add(self, text: str) -> None:
        """Lines of ours, among what it wrote."""
        self._take("", f"{text}\n".encode())

    def wait(self, within_s: float = _LAST_WORDS_S) -> None:
        """For the end of all pipes."""
        for thread in self._threads:
            thread.join(within_s)

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            while data := os.read(pipe.fileno(), _PIECE):
                self._take(name, data)
        with self._lock:
            self._ended.append(name)
            for lines in self._followers:
                lines.end(name)

    def _take(self, name: str, data: bytes) -> None:
        with self._lock:
            if self._left > 0:
                self._kept.append((name, data))
                self._left -= len(data) + _AROUND_A_PIECE
            for lines in self._followers:
                lines.take(name, data)


class _Lines:
    """Pieces of bytes → lines."""

    def __init__(self, saw: Saw) -> None:
        self._saw = saw
        self._begun: dict[str, bytes] = {}

    def take(self, stream: str, data: bytes) -> None:
        *whole, begun = (self._begun.get(stream, b"") + data).split(b"\n")
        if len(begun) >= _LONGEST_LINE:
            whole, begun = [*whole, begun], b""
        self._begun[stream] = begun
        for line in whole:
            self._say(stream, line)

    def end(self, stream: str) -> None:
        if begun := self._begun.pop(stream, b""):
            self._say(stream, begun)

    def _say(self, stream: str, line: bytes) -> None:
        self._saw(stream, line.removesuffix(b"\r").decode("utf-8", "replace"))
