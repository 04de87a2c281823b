"""A client by hand: every byte is sent when the test says so, over TCP or TLS, and how the connection ends is kept."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from typing import Any, Self, cast

from tests.e2e.http.wire import Wire


class Client(Wire):
    """`came` counts the bytes of answers, `ended` is "" while the connection lasts, then "FIN" or "RST"."""

    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        super().__init__(port, receive_buffer=receive_buffer)
        self.port: int = self.socket.getsockname()[1]
        self.came = 0
        self.ended = ""

    def tls(self) -> HandmadeTls:
        """From now on TLS; nothing is sent yet."""
        shaped = HandmadeTls(self.socket)
        self.socket = cast(socket.socket, shaped)
        return shaped

    def try_to_send(self, data: bytes) -> Self:
        """Send where the server may have gone."""
        with contextlib.suppress(OSError):
            self.send(data)
        return self

    @property
    def begun(self) -> bool:
        """Whether a part of an answer is here."""
        return bool(self._received)

    def has_bytes(self) -> bool:
        """Whether bytes have come that are not taken yet. Nothing is taken."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def read_until(self, size: int) -> None:
        """Take `size` bytes off the wire; they stay here for `reply`."""
        while self.came < size:
            assert self._more(), f"the connection ended after {self.came} bytes"

    def _more(self) -> bool:
        before = len(self._received)
        try:
            more = super()._more()
        except (ConnectionResetError, BrokenPipeError):
            self.ended = "RST"
            raise
        self.came += len(self._received) - before
        if not more:
            self.ended = "FIN"
        return more


class HandmadeTls:
    """TLS over a socket, each flight in our hands; behaves like a socket where `Wire` needs one."""

    def __init__(self, raw: socket.socket) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    def hello(self) -> bytes:
        """The first flight, not sent yet."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        return self._outgoing.read()

    def shake_hands(self) -> None:
        """The rest of the handshake, after `hello` has been sent."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.raw.sendall(self._outgoing.read())
                data = self.raw.recv(65_536)
                if not data:
                    raise EOFError("the connection ended in the handshake") from None
                self._incoming.write(data)
            else:
                self.raw.sendall(self._outgoing.read())
                return

    def sendall(self, data: bytes) -> None:
        self._tls.write(data)
        self.raw.sendall(self._outgoing.read())

    def recv(self, size: int) -> bytes:
        """As of a socket; b"" after the server's close_notify and its end of the connection, or only that end."""
        while True:
            try:
                data = self._tls.read(size)
            except ssl.SSLWantReadError:
                came = self.raw.recv(65_536)
                if not came:
                    return b""
                self._incoming.write(came)
                continue
            if not data:
                self._say_goodbye()
            return data

    def _say_goodbye(self) -> None:
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self.raw.sendall(self._outgoing.read())
        while self.raw.recv(65_536):
            pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)
