"""Small servers that each do one thing wrong when they are idle, stop, or are replaced. Run: subjects.py FAULT LINGER.

`none` keeps every clause of the stop: it lingers, says `Connection: close`, finishes what it has, and leaves with 0.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

FAULTS = (
    "none",
    "deaf",
    "leaves at once",
    "leaves at half",
    "killed at once",
    "refuses new connections",
    "ends pooled connections",
    "drops requests in flight",
    "answers 503",
    "falls silent",
    "drops the last request",
    "never leaves",
    "leaves late",
    "leaves with code 3",
    "never says close",
    "ends idle connections",
    "keeps ten idle connections",
    "promises 1 s",
    "keeps no connection",
    "speaks HTTP/1.0",
)
KEPT = 10


class Server:
    """One process. `busy`: requests whose head has arrived and that are not answered."""

    def __init__(self, fault: str, linger_s: float) -> None:
        self.fault = fault
        self.linger_s = linger_s
        self.leaving = False
        self.draining = False
        self.busy = 0
        self.idle: dict[asyncio.StreamWriter, asyncio.TimerHandle | None] = {}
        self.connections: set[asyncio.StreamWriter] = set()
        self.code = 0
        self.done = asyncio.Event()

    async def run(self, port: int) -> int:
        self.server = await asyncio.start_server(self.serve, os.environ.get("HITLESS_HOST", "0.0.0.0"), port)
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        if self.fault not in ("killed at once",):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.terminated)
        await self.done.wait()
        return self.code

    def terminated(self) -> None:
        if self.fault == "deaf" or self.leaving:
            return
        self.leaving = True
        later: Callable[[float, Callable[[], object]], object] = asyncio.get_running_loop().call_later
        match self.fault:
            case "leaves at once":
                self.done.set()
                return
            case "leaves at half":
                later(self.linger_s / 2, self.drain)
                return
            case "refuses new connections":
                self.server.close()
            case "drops requests in flight":
                for writer in [one for one in self.connections if one not in self.idle]:
                    writer.transport.abort()
            case "never leaves":
                return
        later(self.linger_s + 0.2, self.drain)

    def drain(self) -> None:
        self.draining = True
        self.server.close()
        if self.fault == "leaves with code 3":
            self.code = 3
        if self.fault == "drops the last request":
            self.done.set()
        elif self.fault == "leaves late":
            asyncio.get_running_loop().call_later(2 * self.linger_s + 2, self.done.set)
        elif not self.busy:
            self.done.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        try:
            while await self.one(reader, writer):
                self.rest(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            self.idle.pop(writer, None)
            writer.close()

    def rest(self, writer: asyncio.StreamWriter) -> None:
        if self.fault == "keeps ten idle connections" and len(self.idle) >= KEPT:
            oldest = [*self.idle][-1]
            oldest.close()
        timer = None
        if self.fault == "ends idle connections":
            timer = asyncio.get_running_loop().call_later(0.4, writer.close)
        self.idle[writer] = timer

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        is_used = writer in self.idle
        head = await reader.readuntil(b"\r\n\r\n")
        if timer := self.idle.pop(writer, None):
            timer.cancel()
        if self.fault == "ends pooled connections" and self.leaving and is_used:
            writer.transport.abort()
            return False
        self.busy += 1
        try:
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            return await self.answer(head, writer)
        finally:
            self.busy -= 1
            if self.draining and not self.busy and self.fault != "leaves late":
                asyncio.get_running_loop().call_soon(self.done.set)

    async def answer(self, head: bytes, writer: asyncio.StreamWriter) -> bool:
        leaving = self.leaving
        if self.fault == "falls silent" and leaving:
            await asyncio.sleep(3600)
        is_health = b"/health" in head.split(b"\r\n")[0]
        bad = leaving and (is_health or self.fault == "answers 503")
        if self.fault == "never leaves" and not is_health:
            bad = False
        says_close = (leaving and self.fault != "never says close") or self.fault == "keeps no connection"
        says_close = says_close or b"connection: close" in head.lower()
        version = b"HTTP/1.0" if self.fault == "speaks HTTP/1.0" else b"HTTP/1.1"
        body = b'{"ok": true}'
        lines = [version + (b" 503 Unavailable" if bad else b" 200 OK"), b"Content-Type: application/json"]
        lines.append(b"Content-Length: %d" % len(body))
        if says_close and version != b"HTTP/1.0":
            lines.append(b"Connection: close")
        if self.fault == "promises 1 s":
            lines.append(b"Keep-Alive: timeout=1")
        writer.write(b"\r\n".join([*lines, b"", body]))
        await writer.drain()
        return not says_close and version != b"HTTP/1.0"


if __name__ == "__main__":
    os._exit(asyncio.run(Server(sys.argv[1], float(sys.argv[2])).run(int(os.environ.get("HITLESS_PORT", "8080")))))
