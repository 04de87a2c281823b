"""What the kernel knows of the server's sockets (sock_diag) and processes (/proc): facts to wait for, not times."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 30.0  # a machine may stand still for seconds
_LOOPBACK = socket.inet_aton("127.0.0.1")

# sock_diag(7), linux/inet_diag.h, netlink(7)
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST = 4, 20, 1
_TIME_WAIT, _LISTEN = 6, 10


@dataclass(frozen=True)
class Socket:
    """The server's end of a connection: bytes that its process has not read, and that the client has not taken.

    `inode` is 0 while the connection waits in the accept queue.
    """

    unread: int
    unsent: int
    inode: int


def until(holds: Callable[[], object], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait for a condition."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"waited {within_s:g} s: {what}"
        time.sleep(0.005)


def server_end(port: int, client_port: int) -> Socket | None:
    """Of one connection to the server, over the IPv4 loopback; None where there is none."""
    found = _ask(port, client_port)
    return found[1] if found is not None and found[0] not in (_LISTEN, _TIME_WAIT) else None


def accept_queue(port: int) -> int | None:
    """How many connections nobody has taken yet; None where nothing listens."""
    found = _ask(port, 0)
    return found[1].unread if found is not None and found[0] == _LISTEN else None


def _ask(port: int, client_port: int) -> tuple[int, Socket] | None:
    """State and facts of the one socket that has these ports. Reading all of them takes long on a busy machine."""
    ends = struct.pack("!HH16s16s", port, client_port, _LOOPBACK, _LOOPBACK if client_port else b"")
    wanted = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFF) + ends + bytes(4) + b"\xff" * 8
    message = struct.pack("=IHHII", 16 + len(wanted), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0) + wanted
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.send(message)
        answer = kernel.recv(65_536)
    if struct.unpack_from("=H", answer, 4)[0] != _SOCK_DIAG_BY_FAMILY:
        return None
    _, state = struct.unpack_from("=BB", answer, 16)
    unread, unsent, _, inode = struct.unpack_from("=IIII", answer, 16 + 4 + 48 + 4)
    return state, Socket(unread, unsent, inode)


def holders(pids: Iterable[int], inode: int) -> list[int]:
    """Which of these processes have a socket open."""
    return [pid for pid in pids if f"socket:[{inode}]" in _open_files(pid)]


def _open_files(pid: int) -> set[str]:
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.add(str(link.readlink()))
            except OSError:
                continue  # closed since
    except OSError:
        pass  # it has ended
    return found


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def state(pid: int) -> str:
    """One letter: R, S or D while it runs, T while it is stopped, Z when it is dead, "" once it has been collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
