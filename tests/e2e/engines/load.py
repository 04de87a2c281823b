"""Clients of an instance in a lab: several at once, each on one connection while it lasts, every answer kept."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PATIENCE_S = 60.0


def enter_network(pid: int) -> None:
    """This thread's sockets are of that process's network from now on; other threads are not touched."""
    with Path(f"/proc/{pid}/ns/net").open() as namespace:
        _enter(namespace.fileno())


@contextmanager
def in_network(pid: int) -> Iterator[None]:
    """For the length of a block; what this thread starts in it is there, too."""
    with Path("/proc/thread-self/ns/net").open() as before:
        enter_network(pid)
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "the network cannot be entered")


class Load:
    """`answers`: status and text of each; `failures`: what went wrong instead."""

    def __init__(self, pid: int, url: str, picture: bytes) -> None:
        self.answers: list[tuple[int, str]] = []
        self.failures: list[str] = []
        self._pid, self._url, self._picture = pid, url, picture
        self._stop = threading.Event()

    @contextmanager
    def by(self, clients: int) -> Iterator[Load]:
        """Requests for the length of a block; every one that was begun is finished."""
        threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def wait_for(self, answers: int) -> None:
        """Until so many have come; failures end the wait, too."""
        until = time.monotonic() + PATIENCE_S
        while len(self.answers) < answers and not self.failures:
            assert time.monotonic() < until, f"{len(self.answers)} answers in {PATIENCE_S:g} s"
            time.sleep(0.02)

    def _run(self) -> None:
        enter_network(self._pid)
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
            while not self._stop.is_set():
                try:
                    reply = client.post(self._url, files={"images": ("seven.jpg", self._picture, "image/jpeg")})
                    self.answers.append((reply.status_code, reply.text))
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
