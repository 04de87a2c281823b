"""The listening sockets: bound once by the supervisor, inherited by every worker (architecture, section 3)."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

from hitless.errors import UnavailableError

_BACKLOG = 4096  # the kernel cuts it to net.core.somaxconn


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening, non-blocking sockets. An empty host: every IPv4 address, and IPv6 where there is one (API-2).

    Port 0: any free one, the same for all. UnavailableError where it cannot be had.
    """
    if host:
        return [_bind(_resolve(host, port))]
    first = _bind((socket.AF_INET, ("0.0.0.0", port)))
    sockets = [first]
    if socket.has_ipv6:
        try:
            sockets.append(_bind((socket.AF_INET6, ("::", first.getsockname()[1]))))
        except UnavailableError as error:
            reason = error.__cause__
            if not (isinstance(reason, OSError) and reason.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)):
                raise
    return sockets


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise UnavailableError(f"There is no address {host!r}: {error.strerror}.") from error
    return family, address


def _bind(where: tuple[socket.AddressFamily, tuple[object, ...]]) -> socket.socket:
    family, address = where
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UnavailableError(str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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
