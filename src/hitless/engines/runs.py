"""Which process made something that outlives it, as a label: so what a dead one left can be told, and removed.

A label is `MACHINE.BOOT.NAMESPACE.PID.STARTED`: a process id alone would be somebody else's after a while, and of
another machine, or in another namespace, nobody here can tell whether it lives.
"""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_run() -> str:
    """Of letters, digits and dots."""
    return f"{_here()}.{os.getpid()}.{_started(os.getpid())}"


def is_abandoned(label: str) -> bool:
    """Whether it is the label of a process that has ended for certain."""
    parts = label.split(".")
    if len(parts) != 5 or not parts[3].isdecimal():
        return False
    machine, boot, namespace = _here().split(".")
    if parts[0] != machine:
        return False
    if parts[1] != boot:
        return True
    return parts[2] == namespace and parts[4] != _started(int(parts[3]))


@cache
def _here() -> str:
    machine = hashlib.sha256(f"{_text(Path('/etc/machine-id'))} {socket.gethostname()}".encode()).hexdigest()[:12]
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0  # no Linux
    return f"{machine}.{_text(_BOOT)[:13] or 'none'}.{namespace}"


def _started(pid: int) -> str:
    """When the process was started, in ticks since boot (proc_pid_stat(5), field 22); "0" if there is none."""
    after_name = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return "0" if not after_name or after_name[0] in "ZX" else after_name[19]


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
