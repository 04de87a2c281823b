"""Which hitless server listens on a port of this machine: read from /proc (Linux)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from hitless.errors import UnavailableError

_LISTENING = "0A"  # state TCP_LISTEN in /proc/net/tcp, proc(5)


def supervisor_on(port: int, proc: Path = Path("/proc")) -> int:
    """The process id of the server's supervisor; UnavailableError where there is none, or several."""
    if not (proc / "net" / "tcp").exists():
        raise UnavailableError("Only Linux tells who listens on a port.\n    Send SIGHUP to the server yourself.")
    inodes = set(_inodes(port, proc))
    if not inodes:
        raise UnavailableError(f"Nothing listens on port {port} here.\n    Name the server's port with --port.")
    holders = {pid for pid in _pids(proc) if inodes & set(_sockets_of(pid, proc))}
    supervisors = [pid for pid in holders if _parent_of(pid, proc) not in holders and _is_ours(pid, proc)]
    if len(supervisors) == 1:
        return supervisors[0]
    if supervisors:
        pids = ", ".join(map(str, sorted(supervisors)))
        raise UnavailableError(
            f"Several servers share port {port}: processes {pids}.\n    Send SIGHUP to the right one: kill -HUP PID."
        )
    raise UnavailableError(
        f"What listens on port {port} is no server of hitless that this user may see.\n"
        f"    Name another with --port, or ask as the user who started it."
    )


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (proc / "net" / table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]


def _pids(proc: Path) -> Iterable[int]:
    return (int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal())


def _sockets_of(pid: int, proc: Path) -> Iterator[str]:
    """The inodes of a process's sockets; nothing of a process that is gone, or another user's."""
    with contextlib.suppress(OSError):
        for entry in (proc / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                kind, _, inode = str(entry.readlink()).partition(":")
                if kind == "socket":
                    yield inode.strip("[]")


def _parent_of(pid: int, proc: Path) -> int:
    with contextlib.suppress(OSError):
        return int((proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _is_ours(pid: int, proc: Path) -> bool:
    with contextlib.suppress(OSError):
        return b"hitless" in (proc / str(pid) / "cmdline").read_bytes()
    return False
