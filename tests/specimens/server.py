"""A small server that keeps the whole contract, and breaks exactly one part of it on demand: `python3 server.py FAULT`.

It goes into images as it is, with `messages.py`, so it knows the standard library only. POST / takes {"text": …} and
answers {"length": …}. Times in seconds come from the environment, so that a whole stop fits into a test: LINGER,
KEEP_ALIVE, DEADLINE, LOADING (before it is ready), MODEL (of one prediction). `tests/specimens/dynamic.py` names the
faults.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from tests.specimens.messages import FAULT, Head, Refusal, chunks, pieces, reply, skip


def seconds(name: str, default: float) -> float:
    return float(os.environ.get(name, default))


LINGER, DEADLINE, KEEP_ALIVE = seconds("LINGER", 60), seconds("DEADLINE", 90), seconds("KEEP_ALIVE", 210)
LOADING, MODEL = seconds("LOADING", 0), seconds("MODEL", 0.005)
PORT = int(os.environ.get("HITLESS_PORT") or os.environ.get("PORT", "8080"))  # the first: as a plain process
MARGIN = 0.5  # beyond the linger: clocks, and the way of a signal
LARGE, LARGEST = 1 << 20, 64 << 20
_TAKE_LONGER = ("few-at-once", "drops-when-busy", "sick-when-busy", "slow-health")
KEPT = 20  # idle connections, of one that keeps but a few
AGE = 6.5  # seconds from when it was ready: then it is old


def say(line: str, stream: TextIO = sys.stdout) -> None:
    stream.write(f"{line}\n")
    stream.flush()


class Server:
    """`open`: requests whose head has come and that are not answered; `busy`: predictions under way."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.ready_at = self.began + (3600.0 if FAULT == "never-ready" else LOADING)
        self.leaving = self.draining = self.is_stuck = self.is_sick = False
        self.forgot = self.open = self.busy = self.checks = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.idle: dict[asyncio.StreamWriter, None] = {}

    @property
    def is_ready(self) -> bool:
        return time.monotonic() >= self.ready_at

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if FAULT == "ends-new-connections" and self.leaving:
            writer.transport.abort()
            return
        self.writers.add(writer)
        if FAULT == "dies-of-many-connections" and len(self.writers) > 45:
            os._exit(5)
        try:
            while await self.one(reader, writer):
                self.rest(writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.writers.discard(writer)
            self.idle.pop(writer, None)
            writer.close()

    def rest(self, writer: asyncio.StreamWriter) -> None:
        self.idle[writer] = None
        if FAULT == "keeps-few-connections" and len(self.idle) > KEPT:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        idle = {"closes-idle-early": 2.0, "resets-idle-early": 2.0}.get(FAULT, KEEP_ALIVE)
        was_used, since = writer in self.idle, time.monotonic()
        patience = None if FAULT == "resets-idle-early" else idle
        data = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience)
        if (FAULT == "ends-pooled-connections" and self.leaving and was_used) or time.monotonic() - since > idle:
            writer.transport.abort()
            return False
        self.idle.pop(writer, None)
        self.open += 1
        try:
            return await self.answered(data, reader, writer)
        finally:
            self.open -= 1

    async def answered(self, data: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = Head(data)
        except ValueError:
            writer.write(reply(400, {"error": "no HTTP"}, close=True))
            return False
        if FAULT == "no-http-1.0" and head.version == "HTTP/1.0":
            return False
        if head.headers.get("expect") and FAULT != "no-expect":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        status: int
        value: object
        try:
            body = await self.body(head, reader, writer)
            status, value = 200, await self.result(head, body, writer)
        except Refusal as refusal:
            status, value = refusal.status, {"error": str(refusal.status)}
        close = head.ends_connection or status in (413, 417) or FAULT in ("no-keep-alive", "http-1.0")
        close = close or (self.leaving and FAULT != "silent-about-leaving")
        self.log(f"{head.method} {head.target[:40]} {status}")
        for piece in pieces(reply(status, value, close=close, head=head)):
            writer.write(piece)
            await writer.drain()
            if head.path == "/" and (FAULT == "cuts-answers" or (FAULT == "cuts-while-leaving" and self.leaving)):
                return False
        return not close

    async def body(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        if FAULT == "no-expect" and head.headers.get("expect"):
            raise Refusal(417)
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            body = await chunks(reader)
            return b"" if FAULT == "no-chunks" else body
        length = head.headers.get("content-length", "0")
        if not length.isdecimal():
            raise Refusal(400)
        if int(length) > LARGE and FAULT == "cuts-large-bodies":
            writer.transport.abort()
        if int(length) > LARGE and FAULT == "dies-of-large-bodies":
            os._exit(9)
        most = LARGE if FAULT == "small-bodies-only" else LARGEST
        if int(length) > most:
            await skip(reader, int(length))
            raise Refusal(413)
        within_s = 0.4 if FAULT == "impatient" else None
        return await asyncio.wait_for(reader.readexactly(int(length)), within_s)

    async def result(self, head: Head, body: bytes, writer: asyncio.StreamWriter) -> object:
        if head.path == "/health":
            return await self.health(head.method)
        if self.is_stuck:
            await asyncio.sleep(3600)
        if FAULT == "always-500":
            raise Refusal(500)
        if head.path != ("/predict" if FAULT == "other-path" else "/"):
            return self.unknown(writer)
        if head.method not in (("POST", "PUT", "DELETE", "PATCH") if FAULT == "takes-every-method" else ("POST",)):
            if FAULT == "500-on-other-methods":
                raise Refusal(500)
            raise Refusal(405)
        return await self.predict(body, is_other=head.method != "POST")

    def unknown(self, writer: asyncio.StreamWriter) -> object:
        if FAULT == "answers-everywhere":
            return {"length": 0}
        if FAULT == "cuts-unknown-paths":
            writer.transport.abort()
        raise Refusal(500 if FAULT == "500-on-unknown-paths" else 404)

    async def health(self, method: str) -> object:
        self.checks += 1
        if method not in ("GET", "HEAD"):
            raise Refusal(405)
        if FAULT in ("no-health", "health-needs-a-login"):
            raise Refusal(404 if FAULT == "no-health" else 401)
        if FAULT == "health-hangs" or (FAULT == "slow-health" and self.busy):
            await asyncio.sleep(3600)
        is_fine = self.is_ready or FAULT == "health-too-early"
        is_fine = (
            is_fine
            and not self.is_sick
            and FAULT != "always-sick"
            and not (FAULT == "sick-when-busy" and self.busy > 4)
        )
        if FAULT == "healthy-now-and-then" and self.checks % 2 == 0 and self.busy < 2:
            is_fine = False
        if not is_fine:
            raise Refusal(503)
        return {"health": True} if FAULT == "health-says-true" else {"health": "true"}

    async def predict(self, body: bytes, *, is_other: bool) -> object:
        if not self.is_ready:
            raise Refusal(503)
        text = "" if is_other else await self.text(body)
        if FAULT == "503-while-leaving" and self.leaving:
            raise Refusal(503)
        if FAULT == "forgets-one-while-leaving" and self.leaving and not self.forgot:
            self.forgot = 1
            await asyncio.sleep(3600)
        self.busy += 1
        try:
            if FAULT == "few-at-once" and self.busy > 4:
                raise Refusal(503)
            if FAULT == "drops-when-busy" and self.busy > 4:
                raise ConnectionError
            await asyncio.sleep(
                0.05 if FAULT in ("few-at-once", "drops-when-busy", "sick-when-busy", "slow-health") else MODEL
            )
        finally:
            self.busy -= 1
        length = len(text) + (FAULT == "wrong-answer")
        value: dict[str, object] = {"length": str(length) if FAULT == "wrong-form" else length}
        return {**value, "padding": "x" * LARGE} if FAULT == "good-large-replies" else value

    async def text(self, body: bytes) -> str:
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return await self.malformed(error)
        return text if isinstance(text, str) else await self.malformed(TypeError("text is none"))

    async def malformed(self, error: Exception) -> str:
        match FAULT:
            case "500-on-bad-input":
                raise Refusal(500)
            case "500-on-a-missing-field" if isinstance(error, KeyError):
                raise Refusal(500)
            case "dies-of-bad-input":
                os._exit(7)
            case "hangs-on-a-missing-field" if isinstance(error, KeyError):
                await asyncio.sleep(3600)
            case "hangs-after-bad-input":
                self.is_stuck = True
            case "sick-of-bad-input":
                self.is_sick = True
            case "takes-bad-input":
                return ""
        raise Refusal(400)

    def log(self, line: str) -> None:
        line = f'- - [01/Jan/2026:00:00:00 +0000] "{line}" {time.monotonic() - self.began:.3f} s on {FAULT or "good"}'
        if FAULT == "logs-to-a-file":
            with Path("/tmp/server.log").open("a") as file:
                file.write(line + "\n")
        elif FAULT == "logs-to-stderr":
            say(line, sys.stderr)
        elif FAULT == "buffers-its-log":
            sys.stdout.write(f"{line} {'-' * 200}\n")
        elif FAULT != "says-nothing":
            say(line)
            if FAULT == "good-both-streams":
                say(line, sys.stderr)


def own_address() -> str:
    """Of the container's interface (netdevice(7), SIOCGIFADDR)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        told = fcntl.ioctl(one.fileno(), 0x8915, struct.pack("256s", b"eth0"))
    return socket.inet_ntoa(told[20:24])


async def main() -> int:
    server, stop = Server(), asyncio.Event()
    loop = asyncio.get_running_loop()
    _catch(server, stop.set, loop)
    host, port = os.environ.get("HITLESS_HOST", "0.0.0.0"), 5000 if FAULT == "wrong-port" else PORT
    if FAULT in ("loopback-only", "loopback-unsaid"):
        host = "127.0.0.1"
    elif FAULT == "own-address-only":
        host = own_address()
    tls = None
    if certificate := os.environ.get("CERTIFICATE"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    if FAULT == "listens-nowhere":
        await stop.wait()
    listener = await asyncio.start_server(server.client, host, port, limit=1 << 20, backlog=512, ssl=tls)
    where = f" on {host}:{port}" if FAULT != "loopback-unsaid" else ""
    say(f"listening{where}", sys.stderr if FAULT == "logs-to-stderr" else sys.stdout)
    if FAULT == "ends-before-it-is-ready":
        loop.call_later(1.0, lambda: os._exit(4))
    if FAULT == "ends-soon":
        loop.call_later(LOADING + 3.0, lambda: os._exit(3))
    await stop.wait()
    server.leaving = True
    return await leave(server, listener)


def _catch(server: Server, stop: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    """Process 1 of a container has no default action for SIGTERM: without a handler nothing happens."""

    def leave_if_old(*_: object) -> None:
        if time.monotonic() - server.ready_at > AGE:
            os._exit(0)
        stop()

    if FAULT == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif FAULT == "exits-at-once":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    elif FAULT == "exits-at-once-when-old":
        loop.add_signal_handler(signal.SIGTERM, leave_if_old)
    elif FAULT != "no-handler":
        loop.add_signal_handler(signal.SIGTERM, stop)


async def leave(server: Server, listener: asyncio.Server) -> int:
    say("leaving", sys.stderr if FAULT == "logs-to-stderr" else sys.stdout)
    began = time.monotonic()
    if FAULT == "refuses-while-leaving":
        listener.close()
    elif FAULT == "finishes-and-exits":
        listener.close()
        return 0
    elif FAULT == "drops-what-is-open":
        for writer in server.writers - server.idle.keys():
            writer.transport.abort()
    await asyncio.sleep(LINGER / 2 if FAULT == "leaves-too-early" else LINGER + MARGIN)
    if FAULT == "never-leaves":
        await asyncio.sleep(3600)
    if FAULT == "leaves-too-late":
        await asyncio.sleep(DEADLINE)
    if FAULT == "leaves-at-the-deadline":
        await asyncio.sleep(began + DEADLINE + 0.2 - time.monotonic())
    listener.close()
    if FAULT != "drops-the-last":
        until = began + LINGER + (DEADLINE - LINGER) * 0.8
        while server.open and time.monotonic() < until:
            await asyncio.sleep(0.02)
    return {"wrong-exit-code": 3, "killed-at-the-end": 137}.get(FAULT, 0)


def before() -> None:
    """Faults that show before anything listens."""
    match FAULT:
        case "does-not-start":
            sys.exit("ModuleNotFoundError: No module named 'model'")
        case "needs-a-variable" if "MODEL_TOKEN" not in os.environ:
            sys.exit("MODEL_TOKEN is not set")
        case "needs-root" if os.geteuid():
            sys.exit("must be root")
        case "reads-what-is-roots":
            Path("/app/weights.bin").read_bytes()
        case "writes-beside-its-code":
            Path("/srv/state/state.json").write_text("{}")
        case "starts-once":
            Path("/tmp/server.pid").open("x").close()


if __name__ == "__main__":
    before()
    code = asyncio.run(main())
    sys.stdout.flush()
    os._exit(code)
