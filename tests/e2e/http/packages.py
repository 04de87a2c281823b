"""The packages that the tests of the server serve: small models, one a purpose, each written beside its config.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.serving_process import write_package

JSON, FORM, EVENTS = "application/json", "multipart/form-data", "text/event-stream"
STRING, NUMBER, INTEGER, FILE = ({"type": kind} for kind in ("string", "number", "integer", "file"))

Api = dict[str, Any]


def api(
    url: str,
    method: str = "post",
    *,
    takes: Mapping[str, Any] | None = None,
    required: tuple[str, ...] = (),
    kind: str = JSON,
    gives: str = JSON,
) -> Api:
    """One entry of `apis`; `takes` are the properties of the request, None for a request without a body."""
    entry: Api = {"url": url, "method": method, "response": {"Content-type": gives, "data": {"type": "object"}}}
    if takes is not None:
        schema: dict[str, Any] = {"type": "object", "properties": dict(takes)}
        if required:
            schema["required"] = list(required)
        entry["request"] = {"Content-type": kind, "data": schema}
    return entry


def config(*apis: Api, **more: Any) -> dict[str, Any]:
    return {
        "model_algorithm": "predict_analysis",
        "model_type": "Image",
        "apis": list(apis),
        "health": {"check_method": "HTTP", "url": "/health", "initial_delay_seconds": "1", "failure_threshold": "3"},
        **more,
    }


# What most tests of HTTP itself need: what came in is said back; slow, large and failing answers.
GENERAL_CONFIG = config(
    api("/", takes={}),
    api("/raw", takes={}, kind="application/octet-stream"),
    api("/hello", "get"),
    api("/lookup", "get", takes={"name": STRING, "count": INTEGER}, required=("name",)),
    api("/as-it-is", takes={}, kind="text/plain"),
    api("/typed", takes={"count": INTEGER, "ratio": NUMBER, "words": {"type": "array", "items": [STRING]}},
        required=("count",)),
    api("/form", takes={"image": FILE, "note": STRING}, required=("image",), kind=FORM),
    api("/sleep", takes={"seconds": NUMBER}),
    api("/large", takes={"size": INTEGER}, gives="application/octet-stream"),
    api("/fail", takes={"how": STRING}),
)  # fmt: skip
GENERAL = """
import base64
import time
from hitless.serving.request import Request, Response, Upload


class Unfit(ValueError):
    status = 422


class Model:
    def predict(self, request: Request):
        return {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": dict(request.headers),
            "length": len(request.body),
            "body": base64.b64encode(request.body[:65536]).decode(),
            "id": request.id,
        }

    def raw(self, request: Request, body: bytes = b""):
        return {**self.predict(request), "same": body == request.body}

    def as_it_is(self, request: Request):
        return self.predict(request)

    def lookup(self, name: str, count: int = 1):
        return {"name": name, "count": count}

    def hello(self, name: str = "world"):
        return {"hello": name}

    def typed(self, count: int, ratio: float = 0.5, words: list[str] = ()):
        return {"count": count, "ratio": ratio, "words": list(words)}

    def form(self, image: Upload, note: str = ""):
        return {"bytes": len(image.data), "name": image.filename, "type": image.content_type, "note": note}

    def sleep(self, seconds: float):
        print(f"sleeping for {seconds}")
        time.sleep(seconds)
        return {"slept": seconds}

    def large(self, size: int):
        return bytes(size)

    def fail(self, how: str):
        if how == "unfit":
            raise Unfit("this does not fit")
        if how == "exit":
            raise SystemExit(3)
        if how == "no-json":
            return {"value": object()}
        if how == "teapot":
            return Response({"short": "and stout"}, status=418, headers={"X-Handle": "here"})
        if how == "empty":
            return Response({"never": "sent"}, status=204)
        if how == "bad-header":
            return Response({}, headers={"X-Split": "a\\r\\nX-Evil: b"})
        raise RuntimeError("the secret is 42")
"""


def general(folder: Path, settings: str = "") -> Path:
    return write_package(folder, GENERAL_CONFIG, GENERAL, settings)


# Batches: each method says with its answer in which batch the request went.
BATCHES_CONFIG = config(
    *(api(f"/{name}", takes={"item": {}}) for name in ("quick", "waiting", "threaded", "moody", "short", "wrong")),
    api("/awaited", takes={"item": {}}),
    api("/pairs", takes={"left": INTEGER, "right": INTEGER}),
)
BATCHES = """
import asyncio
import time


class Bad(ValueError):
    status = 400


def sized(items):
    return [{"item": item, "batch": list(items)} for item in items]


class Model:
    def quick(self, item: list):
        return sized(item)

    def waiting(self, item: list):
        return sized(item)

    def threaded(self, item: list):
        print(f"computing {item}")
        time.sleep(0.2)
        return sized(item)

    def moody(self, item: list):
        if "raise" in item:
            raise RuntimeError("one of these is bad")
        return [Bad(f"{one} is not taken") if one == "refuse" else
                Bad("a name like \\udcff") if one == "unspeakable" else
                object() if one == "no-json" else {"item": one, "batch": list(item)} for one in item]

    def short(self, item: list):
        return sized(item)[: 1 if "short" in item else None]

    def wrong(self, item: list):
        return {"not": "a list"} if "wrong" in item else sized(item)

    async def awaited(self, item: list):
        await asyncio.sleep(0.05)
        return sized(item)

    def pairs(self, left: list[int], right: list[int]):
        return [a - b for a, b in zip(left, right)]


for name in ("quick", "threaded", "moody", "short", "wrong", "awaited", "pairs", "waiting"):
    getattr(Model, name).max_size = 4
for name in ("waiting", "moody", "short", "wrong"):
    getattr(Model, name).max_wait_ms = 150
"""


def batches(folder: Path) -> Path:
    return write_package(folder, BATCHES_CONFIG, BATCHES)


# Streams and coroutines. The generators print when they are closed.
STREAMS_CONFIG = config(
    api("/events", takes={"count": INTEGER, "pause": NUMBER}, gives=EVENTS),
    api("/async-events", takes={"count": INTEGER, "pause": NUMBER}, gives=EVENTS),
    api("/pieces", takes={"count": INTEGER}, gives="application/octet-stream"),
    api("/lines", "get", gives="text/plain"),
    api("/breaks", takes={"after": INTEGER}, gives=EVENTS),
    api("/flood", takes={"pieces": INTEGER}, gives="application/octet-stream"),
    api("/meet", takes={"name": STRING}),
    api("/cancelled", takes={"name": STRING}),
)
STREAMS = """
import asyncio
import time


class Model:
    def __init__(self):
        self.met = set()
        self.pieces_made = 0

    def events(self, count: int, pause: float = 0.0):
        try:
            for number in range(count):
                yield {"number": number}
                time.sleep(pause)
        finally:
            print("events closed")

    async def async_events(self, count: int, pause: float = 0.0):
        try:
            for number in range(count):
                yield f"line {number}\\nof two"
                await asyncio.sleep(pause)
        finally:
            print("async events closed")

    def pieces(self, count: int):
        for number in range(count):
            yield bytes([65 + number]) * 3

    def lines(self):
        yield "one"
        yield ""
        yield {"two": 2}

    def breaks(self, after: int):
        for number in range(after):
            yield {"number": number}
        raise RuntimeError("broken in mid-stream")

    def flood(self, pieces: int):
        for number in range(pieces):
            print(f"piece {number}")
            yield bytes(65536)

    async def meet(self, name: str):
        # Answers only when both have come: they must run at the same time.
        self.met.add(name)
        while not {"left", "right"} <= self.met:
            await asyncio.sleep(0.01)
        return {"met": sorted(self.met)}

    async def cancelled(self, name: str):
        try:
            print(f"{name} waits")
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            print(f"{name} was cancelled")
            raise
"""


def streams(folder: Path) -> Path:
    return write_package(folder, STREAMS_CONFIG, STREAMS)


# Loading: takes as long as a file called `hold` lies in the package; `dies` kills its own worker.
LOADING_CONFIG = config(api("/", takes={"x": {}}), api("/version", "get"))
LOADING = """
import os
import time
from pathlib import Path

VERSION = 1


class Model:
    def __init__(self, path):
        print(f"loading version {VERSION}")
        while (Path(path) / "hold").exists():
            time.sleep(0.02)

    def predict(self, x):
        if x == "die":
            os._exit(9)
        return {"x": x, "pid": os.getpid()}

    def version(self):
        return {"version": VERSION, "pid": os.getpid()}
"""


def loading(folder: Path, *, held: bool = False) -> Path:
    write_package(folder, LOADING_CONFIG, LOADING)
    if held:
        (folder / "hold").touch()
    return folder


def new_version(folder: Path, model: str) -> None:
    """Replace the model's code as a deployment does: in one step."""
    fresh = folder / ".model.py"
    fresh.write_text(model)
    fresh.replace(folder / "model.py")
