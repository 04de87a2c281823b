"""What an instance that is a child process of ours tells of itself: how it ended, and what it wrote."""

from __future__ import annotations

import subprocess

from hitless.engines.output import Output
from hitless.engines.running import Saw


class Child:
    """`process`: started with its output in pipes (calling.begun)."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._output = Output.of(process)

    def wait(self, within_s: float) -> int | None:
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def logs(self) -> str:
        if self._process.poll() is not None:
            self._output.wait()
        return self._output.text()

    def follow(self, saw: Saw) -> None:
        self._output.follow(saw)
