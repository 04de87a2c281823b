"""A small server that keeps the whole contract, and breaks exactly one part of it on demand: `python3 server.py FAULT`.

It goes into images as it is, so it knows the standard library only. Times in seconds come from the environment, so that
a whole stop fits into a test: LINGER, KEEP_ALIVE, DEADLINE.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
LINGER = float(os.environ.get("LINGER", "60"))
KEEP_ALIVE = float(os.environ.get("KEEP_ALIVE", "210"))
DEADLINE = float(os.environ.get("DEADLINE", "90"))
LONGEST_BODY = 16 << 20
STARTED = time.monotonic()


class Refusal(Exception):  # noqa: N818
    """A request that is answered with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Server:
    """`open`: connections with a request that is not answered yet."""

    def __init__(self) -> None:
        self.leaving = False
        self.open = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.ready = FAULT not in ("health-too-early", "slow-start")
        self.lock = asyncio.Lock()
        self.requests = 0

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        idle = 0.6 if FAULT == "closes-idle-early" else KEEP_ALIVE
        try:
            while True:
                if FAULT == "refuses-while-leaving" and self.leaving:
                    return
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), idle)
                self.open += 1
                try:
                    keeps = await self.answered(head, reader, writer)
                finally:
                    self.open -= 1
                if not keeps:
                    return
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answered(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        try:
            method, target, version = first.split(" ")
        except ValueError:
            writer.write(reply(400, {"error": "no HTTP"}, close=True))
            return False
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        status: int
        value: object
        try:
            body = await self.body(headers, reader)
            status, value = 200, await self.result(method, target.partition("?")[0], headers, body)
        except Refusal as refusal:
            status, value = refusal.status, {"error": str(refusal.status)}
        close = version == "HTTP/1.0" or headers.get("connection", "").lower() == "close" or status == 413
        if FAULT == "no-keep-alive" or (self.leaving and FAULT != "silent-about-leaving"):
            close = True
        self.log(f"{method} {target} {status}")
        writer.write(reply(status, value, close=close, head_only=method == "HEAD"))
        await writer.drain()
        return not close

    async def body(self, headers: dict[str, str], reader: asyncio.StreamReader) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await chunks(reader)
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise Refusal(400)
        most = 1 << 20 if FAULT == "small-bodies-only" else LONGEST_BODY
        if int(length) > most:
            raise Refusal(413)
        return await reader.readexactly(int(length))

    async def result(self, method: str, path: str, headers: dict[str, str], body: bytes) -> object:
        self.requests += 1
        if path == "/health":
            return await self.health(method)
        if path != "/":
            if FAULT == "answers-everywhere":
                return {"mnist_result": 7}
            raise Refusal(404)
        if method != "POST":
            raise Refusal(405)
        return await self.predict(headers, body)

    async def health(self, method: str) -> object:
        if method not in ("GET", "HEAD"):
            raise Refusal(405)
        if FAULT == "no-health":
            raise Refusal(404)
        if FAULT == "sick" or (not self.ready and FAULT != "health-too-early"):
            raise Refusal(503)
        if FAULT == "slow-health":
            await asyncio.sleep(3600)
        return {"health": "true"}

    async def predict(self, headers: dict[str, str], body: bytes) -> object:
        kind = headers.get("content-type", "")
        if not kind.startswith("multipart/form-data") or b'name="images"' not in body:
            if FAULT == "500-on-bad-input":
                raise Refusal(500)
            if FAULT == "dies-of-bad-input":
                os._exit(1)
            if FAULT == "hangs-on-bad-input":
                await asyncio.sleep(3600)
            raise Refusal(400)
        if FAULT == "always-500" or not self.ready:
            raise Refusal(500 if self.ready else 503)
        if FAULT == "one-at-a-time-fails":
            if self.lock.locked():
                raise Refusal(500)
            async with self.lock:
                await asyncio.sleep(0.02)
        if FAULT == "wrong-answer":
            return {"mnist_result": "seven"}
        await asyncio.sleep(0.005)
        return {"mnist_result": 7}

    def log(self, line: str) -> None:
        if FAULT == "logs-to-a-file":
            with Path("/tmp/server.log").open("a") as file:  # noqa: S108
                file.write(line + "\n")
        elif FAULT == "logs-to-stderr":
            print(line, file=sys.stderr, flush=True)
        elif FAULT == "buffers-its-log":
            print(line)
        elif FAULT != "says-nothing":
            print(line, flush=True)


async def chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


def reply(status: int, value: object, *, close: bool, head_only: bool = False) -> bytes:
    words = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large"}
    body = json.dumps(value).encode()
    kind = "text/plain" if FAULT == "wrong-type" else "application/json"
    lines = [f"HTTP/1.1 {status} {words.get(status, 'Error')}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    if status == 405:
        lines.append("Allow: POST, GET")
    lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head_only else body)


async def main() -> int:
    server, stop = Server(), asyncio.Event()
    loop = asyncio.get_running_loop()
    if FAULT == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif FAULT == "exits-at-once":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    else:
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    host = "127.0.0.1" if FAULT == "loopback-only" else "0.0.0.0"
    port = 5000 if FAULT == "wrong-port" else 8080
    listener = await asyncio.start_server(server.client, host, port, limit=1 << 16, backlog=512)
    if not server.ready:
        loop.call_later(float(os.environ.get("LOADING", "3")), lambda: setattr(server, "ready", True))
    print("listening", flush=True)
    if FAULT == "ends-soon":
        loop.call_later(1.5, lambda: os._exit(3))
    await stop.wait()
    server.leaving = True
    return await leave(server, listener)


async def leave(server: Server, listener: asyncio.Server) -> int:
    print("leaving", flush=True)
    if FAULT == "refuses-while-leaving":
        listener.close()
        for writer in list(server.writers):
            writer.close()
    elif FAULT == "no-new-connections":
        listener.close()
    elif FAULT == "drops-what-is-open":
        for writer in list(server.writers):
            writer.transport.abort()
    await asyncio.sleep(LINGER / 2 if FAULT == "leaves-too-early" else LINGER)
    if FAULT == "never-leaves":
        await asyncio.sleep(3600)
    if FAULT == "leaves-too-late":
        await asyncio.sleep(DEADLINE)
    listener.close()
    if FAULT != "drops-the-last":
        until = time.monotonic() + (DEADLINE - LINGER) * 0.8
        while server.open and time.monotonic() < until:
            await asyncio.sleep(0.02)
    return 3 if FAULT == "wrong-exit-code" else 0


def before() -> None:
    """Faults that show before anything listens."""
    if FAULT == "does-not-start":
        sys.exit("cannot import model")
    if FAULT == "needs-a-variable" and "MODEL_TOKEN" not in os.environ:
        sys.exit("MODEL_TOKEN is not set")
    if FAULT == "needs-root" and os.geteuid():
        sys.exit("must be root")
    if FAULT == "needs-a-writable-root":
        Path("/home/state.json").write_text("{}")
    if FAULT == "starts-once":
        Path("/home/server.pid").open("x").close()


if __name__ == "__main__":
    before()
    code = asyncio.run(main())
    sys.stdout.flush()
    os._exit(code)
