"""A small service that does one thing wrong while it starts or is asked. Run: faulty_service.py FAULT.

`none` keeps every clause: POST / takes {"text": …} and answers {"length": …}, GET /health is positive when it is ready.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

FAULTS = {
    "none": None,
    "ends at once": "HL501",
    "listens on another port": "HL502",
    "is never ready": "HL504",
    "ends when nobody asks": "HL505",
    "writes to standard error": "HL511",
    "holds its lines back": "HL512",
    "logs nothing of requests": "HL513",
    "serves another path": "HL601",
    "fails at what conforms": "HL601",
    "answers something else": "HL602",
    "answers text/html": "HL603",
    "breaks its own schema": "HL604",
    "takes every path": "HL605",
    "fails at unknown paths": "HL606",
    "fails at malformed requests": "HL607",
    "hangs at malformed requests": "HL607",
    "takes malformed requests": "HL608",
    "dies of malformed requests": "HL609",
    "hangs after malformed requests": "HL609",
    "cuts large bodies": "HL610",
    "refuses several at once": "HL612",
    "knows no chunks": "HL613",
    "knows no Expect": "HL614",
    "has no health check": "HL651",
    "is healthy too early": "HL652",
    "is not healthy under load": "HL653",
    "says true": "HL654",
    "is healthy now and then": "HL655",
}
LOADS_S = 1.0
LARGE = 1 << 20


class MalformedError(ValueError):
    """What a client did wrong."""


class Service:
    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.began = time.monotonic()
        self.busy = 0
        self.checks = 0
        self.is_stuck = False

    async def run(self, port: int) -> int:
        self.log("starting")
        if self.fault == "ends at once":
            return 3
        if self.fault == "listens on another port":
            port = 0
        server = await asyncio.start_server(self.serve, "127.0.0.1", port, limit=1 << 20)
        if self.fault == "ends when nobody asks":
            await asyncio.sleep(2.0)
            return 4
        async with server:
            await server.serve_forever()
        return 0

    @property
    def is_ready(self) -> bool:
        loads = 3600.0 if self.fault == "is never ready" else LOADS_S
        return time.monotonic() - self.began > loads

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self.one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, version = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        if headers.get("expect") and self.fault != "knows no Expect":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.busy += 1
        try:
            body = await self.body(reader, headers)
            status, value = await self.answer(method, path, headers, body, writer)
        finally:
            self.busy -= 1
        self.log(f"{method} {path} {status}")
        kind = "text/html" if self.fault == "answers text/html" and path == "/" else "application/json"
        content = json.dumps(value).encode()
        keeps = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        says = "" if keeps else "Connection: close\r\n"
        answer = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{says}\r\n"
        writer.write(answer.encode() + (content if method != "HEAD" else b""))
        await writer.drain()
        return keeps

    def log(self, line: str) -> None:
        if self.fault == "logs nothing of requests" and line != "starting":
            return
        output = sys.stderr if self.fault == "writes to standard error" else sys.stdout
        output.write(f"2026-01-01 00:00:00 127.0.0.1 {line} in no time at all\n")
        if self.fault != "holds its lines back":
            output.flush()

    async def body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(await reader.readline(), 16):
                parts.append(await reader.readexactly(size))
                await reader.readline()
            await reader.readline()
            return b"" if self.fault == "knows no chunks" else b"".join(parts)
        return await reader.readexactly(int(headers.get("content-length", 0)))

    async def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> tuple[int, Any]:
        if path == "/health":
            return await self.health()
        if self.is_stuck:
            await asyncio.sleep(3600)
        if self.fault == "fails at what conforms":
            return 500, {}
        if (method, path) != ("POST", "/predict" if self.fault == "serves another path" else "/"):
            return self.unknown()
        if not self.is_ready:
            return 503, {}
        if self.fault == "knows no Expect" and "expect" in headers:
            return 417, {}
        if len(body) > LARGE and self.fault == "cuts large bodies":
            writer.transport.abort()
        if self.busy > 4 and self.fault == "refuses several at once":
            return 503, {}
        if self.fault in ("refuses several at once", "is not healthy under load"):
            await asyncio.sleep(0.05)
        try:
            return 200, self.predict(body)
        except MalformedError as error:
            return await self.malformed(error)

    def predict(self, body: bytes) -> dict[str, Any]:
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedError(str(error)) from error
        if not isinstance(text, str):
            raise MalformedError("text is none")
        length = len(text) + (self.fault == "answers something else")
        return {"length": str(length) if self.fault == "breaks its own schema" else length}

    async def malformed(self, error: MalformedError) -> tuple[int, Any]:
        match self.fault:
            case "fails at malformed requests":
                return 500, {}
            case "takes malformed requests":
                return 200, {"length": 0}
            case "dies of malformed requests":
                os._exit(7)
            case "hangs after malformed requests":
                self.is_stuck = True
            case "hangs at malformed requests":
                await asyncio.sleep(3600)
        return 422, {"error": str(error)}

    def unknown(self) -> tuple[int, Any]:
        match self.fault:
            case "takes every path":
                return 200, {"length": 0}
            case "fails at unknown paths":
                return 500, {}
        return 404, {}

    async def health(self) -> tuple[int, Any]:
        self.checks += 1
        if self.fault == "has no health check":
            return 404, {}
        if self.fault == "is not healthy under load" and self.busy > 4:
            return 503, {}
        if self.fault == "is healthy now and then" and self.is_ready and self.checks % 2 == 0 and self.busy < 2:
            return 503, {}
        is_healthy = self.is_ready or self.fault == "is healthy too early"
        if self.fault == "says true":
            return (200 if is_healthy else 503), {"health": is_healthy}
        return (200 if is_healthy else 503), {"health": str(is_healthy).lower()}


if __name__ == "__main__":
    sys.exit(asyncio.run(Service(sys.argv[1]).run(int(os.environ["HITLESS_PORT"]))))
