"""One TCP (or TLS) connection of a test: exact bytes out, answers in, read strictly. Every wait has a deadline.

Answers are judged while they are read: a head that no server should send, or a body without a frame, fails the test.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

PATIENCE_S = 20.0  # generous: a test machine may stand still for seconds
_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) ([\x20-\x7e]*)")
_FIELD = re.compile(rb"([a-z0-9-]+): ([\x20-\x7e\xa0-\xff]*)")


@dataclass(frozen=True)
class Reply:
    """An answer as it came. Header names are in lower case; a repeated one is an error, none of ours may be."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kept_alive(self) -> bool:
        """Whether the server says that the connection goes on."""
        return self.headers.get("connection", "").lower() != "close"


def request(line: str, *fields: str, body: bytes | None = None, host: bool = True) -> bytes:
    """The bytes of a request: `line` is "GET /path" or with a version of its own; a body brings its Content-Length."""
    if len(line.split(" ")) < 3:
        line += " HTTP/1.1"
    lines = [line, *(["Host: test"] if host else []), *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{text}\r\n" for text in lines).encode("latin-1") + b"\r\n" + (body or b"")


def post_json(path: str, value: Any, *fields: str) -> bytes:
    return request(f"POST {path}", "Content-Type: application/json", *fields, body=json.dumps(value).encode())


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    """A chunked body (RFC 9112, section 7.1)."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"


class Wire:
    """with Wire(port) as wire: wire.send(request("GET /health")); wire.reply()

    Those that a test leaves open are closed at its end (conftest.py).
    """

    left_open: ClassVar[set[Wire]] = set()

    def __init__(
        self, port: int, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, receive_buffer: int = 0
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        Wire.left_open.add(self)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect((host, port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._received = b""

    def send(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def ask(self, data: bytes) -> Reply:
        """Send a request and read its answer."""
        return self.send(data).reply(to=data.partition(b" ")[0].decode("latin-1"))

    def end_sending(self) -> None:
        """Half-close: the server reads the end, and can still answer."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Leave with a RST, as a crashed client's kernel does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.socket.close()
        Wire.left_open.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Reading

    def reply(self, *, to: str = "GET") -> Reply:
        """The next whole answer; `to` is the method that it answers (HEAD has no body)."""
        status, headers = self.head()
        if to == "HEAD" or status < 200 or status in (204, 304):
            return Reply(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            assert "content-length" not in headers
            return Reply(status, headers, b"".join(self.chunks()))
        if "content-length" in headers:
            return Reply(status, headers, self._take(int(headers["content-length"])))
        assert not Reply(status, headers, b"").kept_alive, "a body without a frame ends with its connection"
        return Reply(status, headers, self.rest())

    def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next answer."""
        lines = self._until(b"\r\n\r\n").split(b"\r\n")
        status = _STATUS_LINE.fullmatch(lines[0])
        assert status, f"no status line: {lines[0]!r}"
        headers: dict[str, str] = {}
        for line in lines[1:]:
            field = _FIELD.fullmatch(line)
            assert field, f"no header: {line!r}"
            name, value = field[1].decode(), field[2].decode("latin-1")
            assert name not in headers, f"{name} twice"
            headers[name] = value
        return int(status[1]), headers

    def chunk(self) -> bytes:
        """The next chunk of a chunked answer; empty at its end."""
        size = int(self._until(b"\r\n"), 16)
        data = self._take(size)
        assert self._take(2) == b"\r\n"
        return data

    def chunks(self) -> list[bytes]:
        return list(iter(self.chunk, b""))

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while self._more():
            pass
        rest, self._received = self._received, b""
        return rest

    def take_some(self) -> bytes:
        """What has come, or the next that comes; empty at the end of the connection."""
        if not self._received:
            self._more()
        taken, self._received = self._received, b""
        return taken

    def at_end(self) -> bool:
        """Waits for the end of the connection; False if anything comes before it."""
        return self.rest() == b""

    def silent_for(self, seconds: float) -> bool:
        """Whether nothing comes for so long, no end either. Use only where nothing can be waited for."""
        self.socket.settimeout(seconds)
        try:
            return not self._received and not self._more() and False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE_S)

    def _until(self, mark: bytes) -> bytes:
        while (end := self._received.find(mark)) < 0:
            if not self._more():
                raise EOFError(f"the connection ended in the middle of {self._received[:200]!r}")
        found, self._received = self._received[:end], self._received[end + len(mark) :]
        return found

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            if not self._more():
                raise EOFError(f"the connection ended {size - len(self._received)} bytes before an answer did")
        taken, self._received = self._received[:size], self._received[size:]
        return taken

    def _more(self) -> bool:
        data = self.socket.recv(1 << 18)
        self._received += data
        return bool(data)
