"""The package that these tests serve: a model that waits where a test tells it to, and says what it was asked.

A gate is a pair of files: the model makes `NAME.entered` when it has come to the gate, and goes on when there is
`NAME.open`. So no test needs to guess how long anything takes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.http.packages import EVENTS, INTEGER, STRING, api, config
from tests.e2e.serving_process import write_package

CONFIG = config(
    api("/echo", takes={"x": {}}),
    api("/upload", takes={}, kind="application/octet-stream"),
    api("/gated", takes={"x": {}, "gate": STRING}),
    api("/awaited", takes={"x": {}, "gate": STRING}),
    api("/stream", takes={"x": {}, "gate": STRING}, gives=EVENTS),
    api("/awaited-stream", takes={"x": {}, "gate": STRING}, gives=EVENTS),
    api("/large", takes={"size": INTEGER}, gives="application/octet-stream"),
    api("/version", "get"),
    api("/dies", takes={"words": STRING}),
)

MODEL = """
import asyncio
import hashlib
import os
import time
from pathlib import Path

VERSION = 1


class Model:
    def __init__(self, path):
        self.gates = Path(path) / "gates"
        print(f"loading version {VERSION}")
        while (self.gates / "load.shut").exists():
            time.sleep(0.01)

    def _shut(self, gate):
        if not (self.gates / f"{gate}.entered").exists():
            (self.gates / f"{gate}.entered").touch()
        return not (self.gates / f"{gate}.open").exists()

    def echo(self, x):
        return {"x": x}

    def upload(self, body: bytes = b""):
        return {"x": hashlib.sha256(body).hexdigest()}

    def gated(self, x, gate: str):
        while self._shut(gate):
            time.sleep(0.01)
        return {"x": x}

    async def awaited(self, x, gate: str):
        while self._shut(gate):
            await asyncio.sleep(0.01)
        return {"x": x}

    def stream(self, x, gate: str):
        yield {"first": x}
        while self._shut(gate):
            time.sleep(0.01)
        yield {"last": x}

    async def awaited_stream(self, x, gate: str):
        yield {"first": x}
        while self._shut(gate):
            await asyncio.sleep(0.01)
        yield {"last": x}

    def large(self, size: int):
        return bytes(size)

    def version(self):
        return {"version": VERSION, "pid": os.getpid()}

    def dies(self, words: str):
        os.write(2, words.encode() + b"\\n")
        os._exit(11)
"""


def stopping(folder: Path, *, protocol: str = "http", settings: str = "") -> Path:
    """The package, with an empty folder of gates."""
    write_package(folder, {**CONFIG, "protocol": protocol}, MODEL, settings)
    (folder / "gates").mkdir(exist_ok=True)
    return folder


def echoed(x: Any) -> bytes:
    """The body of the answer to what was asked with `x`."""
    return json.dumps({"x": x}, separators=(",", ":")).encode()


def streamed(x: Any) -> bytes:
    """The body of a whole stream (server-sent events)."""
    return b"".join(b'data: {"%b":%b}\n\n' % (part, json.dumps(x).encode()) for part in (b"first", b"last"))
