"""A running clamd, asked over its socket: every file goes to it as a stream, and nothing is written here."""

from __future__ import annotations

import socket
from pathlib import Path

SOCKETS = (Path("/run/clamav/clamd.ctl"), Path("/run/clamd.scan/clamd.sock"), Path("/var/run/clamav/clamd.sock"))
_CHUNK = 1 << 20
_REPLY_S = 120.0


class Clamd:
    """By its socket. OSError where it does not answer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> str:
        """Its own and that of its signatures."""
        with self._connected() as connection:
            connection.sendall(b"zVERSION\0")
            return _reply(connection)

    def stream(self) -> Stream:
        return Stream(self._connected())

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_REPLY_S)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection


class Stream:
    """One file."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.sendall(b"zINSTREAM\0")

    def feed(self, piece: bytes) -> None:
        for at in range(0, len(piece), _CHUNK):
            chunk = piece[at : at + _CHUNK]
            self._connection.sendall(len(chunk).to_bytes(4, "big") + chunk)

    def end(self) -> str:
        """The name of what was found, or nothing. OSError with its words if it could not look."""
        with self._connection as connection:
            connection.sendall(bytes(4))
            reply = _reply(connection).removeprefix("stream: ")
        if reply.endswith(" FOUND"):
            return reply.removesuffix(" FOUND")
        if reply != "OK":
            raise OSError(reply or "no answer")
        return ""

    def close(self) -> None:
        self._connection.close()


def _reply(connection: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\0") and len(data) < 1 << 16:
        piece = connection.recv(4096)
        if not piece:
            break
        data += piece
    return data.rstrip(b"\0\n").decode("utf-8", "replace")


def running(paths: tuple[Path, ...] = SOCKETS) -> Clamd | None:
    """The first that answers."""
    for path in paths:
        clamd = Clamd(path)
        try:
            if path.is_socket() and clamd.version():
                return clamd
        except OSError:
            continue
    return None
