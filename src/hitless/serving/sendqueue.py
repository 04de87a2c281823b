"""How much of what was sent the other end has not acknowledged yet: what a process that leaves may take with it.

A written byte is not a received one: megabytes fit into the kernel's buffer. They outlive their process only while
its network does, which in a container ends with it, and only if the client sends nothing more (RFC 1122, 4.2.2.13).
"""

from __future__ import annotations

import fcntl
import socket
import sys
import termios

_SIOCOUTQ = termios.TIOCOUTQ  # tcp(7)


def unacknowledged(connection: socket.socket | None) -> int:
    """Bytes in the kernel's send queue of a TCP connection; 0 where that cannot be known."""
    if connection is None or not sys.platform.startswith("linux"):
        return 0
    try:
        return int.from_bytes(fcntl.ioctl(connection.fileno(), _SIOCOUTQ, bytes(4)), sys.byteorder)
    except (OSError, ValueError):  # closed, or no TCP
        return 0
