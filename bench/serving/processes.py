"""Nothing that the benchmark starts outlives it: orphans become its own children, and all of them can be ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time

from bench.serving import procfs

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PATIENCE_S = 20.0


def adopt_orphans() -> None:
    """Processes below us whose parents leave become our children (prctl(2)), so that `procfs.tree` still sees them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def end_all() -> None:
    """Kills and reaps everything below this process: at once, for on SIGTERM some servers linger or leave orphans."""
    own, deadline = os.getpid(), time.monotonic() + PATIENCE_S
    while below := procfs.tree(own):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes that do not end: {[process.pid for process in below]}")
        for process in below:
            if process.state != "Z":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            if process.parent == own:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
        time.sleep(0.01)
