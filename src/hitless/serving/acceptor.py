"""Takes connections from the shared listening sockets, so that the workers get about equally many.

Every worker wakes for every connection; one that has clearly more than another leaves it two milliseconds to that
one, then takes it all the same (the other may stand still).
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hitless.serving.board import Cell, State
from hitless.serving.connection import Connection
from hitless.serving.listeners import begin_no_more

if TYPE_CHECKING:
    from hitless.serving.service import Service

_MOST_PER_TURN = 4
_MARGIN = 2
_POLITE_S = 0.002
_HANDSHAKE_S = 0.1  # for the last packet of a handshake to come: a round trip
_FULL_S = 0.1  # descriptors or memory are used up: look again after this
_SAID_AGAIN_S = 60.0  # and say it again after this


class Acceptor:
    """One worker's."""

    def __init__(
        self, service: Service, index: int, listeners: Sequence[socket.socket], tls: ssl.SSLContext | None
    ) -> None:
        self._service = service
        self._index = index
        self._listeners = list(listeners)
        self._tls = tls
        self.accepting = False
        self._opening: set[asyncio.Task[None]] = set()
        self._pauses: dict[int, asyncio.TimerHandle] = {}
        self._said_at = -_SAID_AGAIN_S

    @property
    def opening(self) -> int:
        """Connections taken that have not yet reached their protocol (TLS handshakes, mostly)."""
        return len(self._opening)

    def start(self) -> None:
        self.accepting = True
        for listener in self._listeners:
            self._service.loop.add_reader(listener, self._ready, listener)

    def stop(self) -> None:
        """Take no more; what waits in the accept queue stays there for other workers."""
        self.accepting = False
        for listener in self._listeners:
            self._service.loop.remove_reader(listener)
        for pause in self._pauses.values():
            pause.cancel()
        self._pauses.clear()

    def close(self) -> None:
        """Give up this worker's share of the listening sockets."""
        self.stop()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    async def end(self) -> None:
        """Let no new connection begin, and take all that waits in the accept queue (EXIT-3: it was received)."""
        if sum(map(begin_no_more, self._listeners)):
            await asyncio.sleep(_HANDSHAKE_S)
        self.stop()
        for listener in self._listeners:
            while self._take(listener):
                pass

    def _ready(self, listener: socket.socket, polite: bool = True) -> None:
        if self._mine() >= self._service.options.max_connections:
            self._pause(listener, _FULL_S)
            return
        if polite and self._crowded():
            self._pause(listener, _POLITE_S)
            return
        for _ in range(_MOST_PER_TURN):
            if self._mine() >= self._service.options.max_connections or not self._take(listener) or self._crowded():
                return

    def _crowded(self) -> bool:
        """Whether another worker that takes requests has clearly fewer connections."""
        board, mine = self._service.board, self._mine()
        if mine < _MARGIN:
            return False
        for index in range(board.rows):
            row = board.row(index)
            if index != self._index and row[Cell.STATE] == State.SERVING and row[Cell.CONNECTIONS] + _MARGIN <= mine:
                return True
        return False

    def _take(self, listener: socket.socket) -> bool:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._say(f"no connection can be taken: {error.strerror}")
                self._pause(listener, _FULL_S)
                return False
            raise
        connection.setblocking(False)
        task = self._service.loop.create_task(self._open_connection(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        self._service.row[Cell.CONNECTIONS] = self._mine()
        return True

    def _say(self, message: str) -> None:
        """Once, not at every turn in which it is still so."""
        now = self._service.loop.time()
        if now - self._said_at >= _SAID_AGAIN_S:
            self._said_at = now
            self._service.log.warning(message)

    def _mine(self) -> int:
        return len(self._service.connections) + len(self._opening)

    async def _open_connection(self, connection: socket.socket) -> None:
        limit = self._service.options.head_timeout_s if self._tls is not None else None
        try:
            await self._service.loop.connect_accepted_socket(
                lambda: Connection(self._service), connection, ssl=self._tls, ssl_handshake_timeout=limit
            )
        except (OSError, ssl.SSLError, TimeoutError):  # the client's fault or gone; nothing was asked yet
            connection.close()

    def _pause(self, listener: socket.socket, seconds: float) -> None:
        loop = self._service.loop
        loop.remove_reader(listener)
        self._pauses[listener.fileno()] = loop.call_later(seconds, self._resume, listener)

    def _resume(self, listener: socket.socket) -> None:
        self._pauses.pop(listener.fileno(), None)
        if self.accepting:
            self._service.loop.add_reader(listener, self._ready, listener)
            self._ready(listener, polite=False)
