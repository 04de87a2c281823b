"""What a balancer is to the replacement: places for instances, and which of them get requests from now on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from bench.rollout.instance import DIES_WITH_US

STARTED_WITHIN_S = 20.0
PAUSE_S = 0.02


class Balancer(Protocol):
    """`settle_s`: how long a new instance must have been there before it may be routed to."""

    settle_s: float

    def route(self, *slots: int) -> None:
        """From the return on, new requests go to these slots (one, or one and the next) and to no other."""


class BalancerFailedError(Exception):
    """It is missing or does not start; the text says why."""


@contextmanager
def program(
    command: Sequence[str | Path], port: int, log: Path, variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The program in the foreground while the block runs, from when it listens; its output goes to the log."""
    if shutil.which(command[0]) is None:
        raise BalancerFailedError(f"{command[0]} is not installed")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*DIES_WITH_US, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(variables or {})},
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")[-2000:]
                raise BalancerFailedError(f"it does not listen on its port:\n{text}") from None
            time.sleep(PAUSE_S)
        else:
            return
