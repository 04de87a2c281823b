"""The listening sockets: bound once by the supervisor, inherited by every worker (architecture, section 3)."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from array import array
from collections.abc import Sequence

from hitless.errors import UnavailableError

_BACKLOG = 4096  # the kernel cuts it to net.core.somaxconn
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_DROP_SYN = (  # classic BPF on the TCP header: code, jump if true, jump if false, operand
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # of these, SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN without ACK: the next line, else the one after
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # keep all of it
)


def listen(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Listening, non-blocking sockets. An empty host: every IPv4 address, and IPv6 where there is one (API-2).

    Port 0: any free one, the same for all. `shared`: other servers may bind the same port, the kernel spreads
    connections over them. UnavailableError where it cannot be had.
    """
    if host:
        return [_bind(_resolve(host, port), shared)]
    first = _bind((socket.AF_INET, ("0.0.0.0", port)), shared)
    sockets = [first]
    if socket.has_ipv6:
        try:
            sockets.append(_bind((socket.AF_INET6, ("::", first.getsockname()[1])), shared))
        except UnavailableError as error:
            reason = error.__cause__
            if not (isinstance(reason, OSError) and reason.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)):
                raise
    return sockets


def begin_no_more(listener: socket.socket) -> bool:
    """Let no new handshake begin; those under way end, and wait in the accept queue. Before a listener is closed.

    Closing it resets whatever is in the queue or half-way there, connections that their clients believe to have. A
    filter drops the clients' first packets instead: they try again within a second, and are refused by then, or reach
    the successor that shares the port. False where the system has no such filter. (bpf(4), socket(7) SO_ATTACH_FILTER)
    """
    if not sys.platform.startswith("linux"):
        return False
    instructions = array("B", b"".join(struct.pack("=HBBI", *step) for step in _DROP_SYN))
    address, size = instructions.buffer_info()
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", size // 8, address))
    except OSError:
        return False
    return True


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise UnavailableError(f"There is no address {host!r}: {error.strerror}.") from error
    return family, address


def _bind(where: tuple[socket.AddressFamily, tuple[object, ...]], shared: bool) -> socket.socket:
    family, address = where
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UnavailableError(str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise UnavailableError(_bind_failure(address, error)) from error
    return listener


def _bind_failure(address: Sequence[object], error: OSError) -> str:
    what = f"Port {address[1]} on {address[0]} cannot be bound: {error.strerror}."
    if error.errno == errno.EADDRINUSE:
        return f"{what}\n    Another program listens there; stop it, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"{what}\n    Ports below 1024 need a privilege; choose another with --port."
    return what
