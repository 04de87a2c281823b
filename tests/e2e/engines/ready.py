"""Asks an instance until it answers, with curl in the network where it is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from hitless.engines.running import Instance

READY_WITHIN_S = 90.0
CURL = ("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "30")


def answered(instance: Instance, *arguments: str, path: str = "/", within: Sequence[str] = ()) -> str:
    """What comes back once somebody listens; `within` is the command that enters the network."""
    url = instance.address().url + path
    until = time.monotonic() + READY_WITHIN_S
    while True:
        done = subprocess.run([*within, *CURL, *arguments, url], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
        refused_yet = done.returncode in (7, 52, 55, 56)  # nobody listens, or only the engine's proxy does
        if not refused_yet or instance.wait(0) is not None or time.monotonic() > until:
            raise AssertionError(f"no answer from {url}: {done.stderr}\n{instance.logs()}")
        time.sleep(0.1)
