"""The load generator as a process beside us: started, looked at while it runs, stopped, and its tally taken."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from types import TracebackType
from typing import Any, Self

from bench.rollout.instance import DIES_WITH_US
from bench.rollout.load import Order

STOPPED_WITHIN_S = 60.0


class LoadFailedError(Exception):
    """The generator itself failed; the text is what it wrote."""


class Generator:
    """Sends from the start of the block until `stop`."""

    def __init__(self, order: Order) -> None:
        self._process = subprocess.Popen(
            [*DIES_WITH_US, sys.executable, "-m", "bench.rollout.load", order.as_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._last: dict[str, Any] = {"requests": 0, "failed": 0}
        self._reader = threading.Thread(target=self._read, name="tally", daemon=True)
        self._reader.start()

    @property
    def requests(self) -> int:
        return int(self._last["requests"])

    @property
    def failed(self) -> int:
        return int(self._last["failed"])

    def stop(self) -> dict[str, Any]:
        """No new request; the tally once the last is answered."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._reader.join(STOPPED_WITHIN_S)
        if self._process.wait(5) or "counts" not in self._last:
            raise LoadFailedError(f"the load generator ended with {self._process.returncode}: {self._last}")
        return self._last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._last = json.loads(line)
