"""Pools of real clients while the server is told to leave: none of them loses a request, as the specification wants.

The clients leave when the health check fails, as a balancer would have them do; the linger gives them the time.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from tests.e2e.serving_process import ServingProcess, write_package

CONFIG = {
    "model_algorithm": "predict_analysis",
    "model_type": "Image",
    "apis": [{"url": "/", "method": "post", "request": {"Content-type": "application/json", "data": {
        "type": "object", "properties": {"x": {"type": "integer"}}}}}],
    "health": {"check_method": "HTTP", "url": "/health"},
}  # fmt: skip
MODEL = """
import time


class Model:
    def predict(self, x: int):
        time.sleep(0.005)
        return {"double": 2 * x}
"""

Post = Callable[[str, Any], Awaitable[tuple[int, Any]]]


async def with_aiohttp(talk: Callable[[Post], Awaitable[None]]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:

        async def post(url: str, value: Any) -> tuple[int, Any]:
            async with session.post(url, json=value) as answer:
                return answer.status, await answer.json()

        await talk(post)


async def with_httpx(talk: Callable[[Post], Awaitable[None]]) -> None:
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=16)) as client:

        async def post(url: str, value: Any) -> tuple[int, Any]:
            answer = await client.post(url, json=value)
            return answer.status_code, answer.json()

        await talk(post)


@pytest.mark.parametrize("client", [with_aiohttp, with_httpx], ids=["aiohttp", "httpx"])
@pytest.mark.parametrize("what", ["goodbye", "reload"])
def test_no_request_is_lost(tmp_path: Path, client: Callable[..., Any], what: str) -> None:
    package = write_package(tmp_path / "package", CONFIG, MODEL)
    times = ["--linger", "2", "--deadline", "20"]
    with ServingProcess(package, "--workers", "2", "--placement", "thread", *times) as server:
        answered: list[tuple[int, Any]] = []
        leave = asyncio.Event()

        async def ask(post: Post, number: int) -> None:
            while not leave.is_set():
                assert await post(server.url, {"x": number}) == (200, {"double": 2 * number})
                answered.append((200, number))

        async def change() -> None:
            await until(lambda: len(answered) > 50)
            server.signal(signal.SIGTERM if what == "goodbye" else signal.SIGHUP)
            word = "lingering" if what == "goodbye" else "reloaded"
            await until(lambda: any(word in entry["message"] for entry in server.entries))
            seen = len(answered)
            await until(lambda: len(answered) > seen + 100)
            leave.set()

        async def until(true: Callable[[], bool]) -> None:
            async with asyncio.timeout(30):
                while not true():
                    await asyncio.sleep(0.01)

        async def talk(post: Post) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(change())
                for number in range(16):
                    group.create_task(ask(post, number))

        asyncio.run(client(talk))
        server.signal(signal.SIGINT)
