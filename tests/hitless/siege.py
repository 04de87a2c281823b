"""A server under attack, and those who ask it normally meanwhile. At the end it must be as if nothing had happened.

with Siege(package) as siege, siege.bystanders() as asking: attack(siege.port)
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.hostile.memory import anonymous_mib
from bench.serving import procfs
from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.http.wire import PATIENCE_S, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

REQUEST_TIMEOUT_S = 60.0  # the server's default: what no normal request may take
_IDLE = {"hitless_connections": 1.0, "hitless_requests_in_flight": 1.0, "hitless_requests_queued": 0.0}  # who asks


def say(line: str) -> None:
    """For who runs the tests with `-s`."""
    sys.stdout.write(f"\n    {line}")


class Siege:
    """A server with two workers that lose patience within 0.8 s, unless told otherwise."""

    def __init__(self, package: Path, *arguments: str, descriptors: int = 0) -> None:
        patience = [f"--{name}-timeout=0.8" for name in ("head", "body", "send")]
        self.server = ServingProcess(package, "--workers", "2", "--placement", "thread", *patience, *arguments)
        if descriptors:
            self.server.command[:0] = ["prlimit", f"--nofile={descriptors}:{descriptors}"]
        self.workers: list[int] = []

    def __enter__(self) -> Self:
        self.server.start()
        self.workers = self._pids()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.assert_well()
                self.server.stop()
        except BaseException as fault:
            fault.add_note(f"the server: {self.server.report()}")
            raise
        finally:
            if error is not None:
                error.add_note(f"the server: {self.server.report()}")
            self.server.kill()

    @property
    def port(self) -> int:
        return self.server.port

    def memory_mib(self) -> float:
        """Of all its processes together, without what mirrors files."""
        return anonymous_mib(self.server.pid)

    def gauges(self) -> dict[str, float]:
        """Every sample of /metrics without labels."""
        with Wire(self.port) as wire:
            text = wire.ask(request("GET /metrics", "Connection: close")).body.decode()
        families = text_string_to_metric_families(text)
        return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}

    def wait_until(self, gauge: str, holds: Callable[[float], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds(now := self.gauges()[gauge]):
            assert time.monotonic() < until, f"{gauge} stays {now:g}"
            time.sleep(0.05)

    def assert_well(self) -> None:
        """The same workers, with nothing left in their hands, and nothing of it in the log but what is normal."""
        until = time.monotonic() + PATIENCE_S
        while (left := {name: self.gauges()[name] for name in _IDLE}) != _IDLE:
            assert time.monotonic() < until, f"something is left: {left}"
            time.sleep(0.05)
        assert self._pids() == self.workers
        assert self.gauges()["hitless_worker_restarts_total"] == 0
        bad = [line for line in self.server.log if "in the background" in line or '"error"' in line]
        assert not bad, "\n".join(bad[:5])

    @contextlib.contextmanager
    def bystanders(self, count: int = 4) -> Iterator[Bystanders]:
        """They ask from before the attack until after it, and each was answered, in time."""
        asking = Bystanders(self.port, count)
        try:
            asking.wait_for(10)
            yield asking
            asking.wait_for(10)
        finally:
            asking.stop()
        assert not asking.failures, asking.failures[:5]
        assert max(asking.seconds) < REQUEST_TIMEOUT_S
        say(asking.summary())

    def _pids(self) -> list[int]:
        return sorted(process.pid for process in procfs.tree(self.server.pid))


class Bystanders:
    """Clients that ask and wait, half of them on one connection as long as they are let, half on new ones."""

    def __init__(self, port: int, count: int) -> None:
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self._port = port
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(index,), daemon=True) for index in range(count)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, answers: int) -> None:
        """So many more."""
        wanted, until = len(self.seconds) + answers, time.monotonic() + REQUEST_TIMEOUT_S
        while len(self.seconds) < wanted and not self.failures:
            assert time.monotonic() < until, "normal clients get no answers"
            time.sleep(0.01)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(2 * REQUEST_TIMEOUT_S)

    def summary(self) -> str:
        taken = sorted(self.seconds)
        p50, p99 = (1000 * taken[int(len(taken) * share)] for share in (0.5, 0.99))
        return f"{len(taken)} normal requests: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {1000 * taken[-1]:.1f} ms"

    def _ask(self, index: int) -> None:
        wire: Wire | None = None
        for number in range(10**9):
            if self._stopped.is_set():
                break
            started = time.monotonic()
            try:
                wire = wire or Wire(self._port)
                wire.socket.settimeout(REQUEST_TIMEOUT_S)
                reply = wire.ask(post_json("/typed", {"count": number}))
                assert (reply.status, reply.json()["count"]) == (200, number), reply
            except (OSError, EOFError, AssertionError) as error:
                self.failures.append(f"{'kept' if index % 2 else 'new'} connection, request {number}: {error!r}")
                return
            self.seconds.append(time.monotonic() - started)
            if index % 2 == 0 or not reply.kept_alive:
                wire.close()
                wire = None
            self._stopped.wait(0.002)
        if wire is not None:
            wire.close()
