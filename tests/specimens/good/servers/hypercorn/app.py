"""Starlette under hypercorn, which is told to shut down when the linger is over."""

import asyncio
import os
import signal

from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

leaving = asyncio.Event()


def reply(value: dict, status: int = 200) -> JSONResponse:
    return JSONResponse(value, status, headers={"Connection": "close"} if leaving.is_set() else None)


async def health(request: Request) -> JSONResponse:
    return reply({"health": str(not leaving.is_set()).lower()}, 503 if leaving.is_set() else 200)


async def length(request: Request) -> JSONResponse:
    try:
        asked = await request.json()
        return reply({"length": len("" + asked["text"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return reply({"error": "a JSON object with text is needed"}, 400)


app = Starlette(routes=[Route("/health", health), Route("/", length, methods=["POST"])])


async def over() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    await leaving.wait()
    await asyncio.sleep(float(os.environ["LINGER"]))


if __name__ == "__main__":
    config = Config()
    config.bind = ["0.0.0.0:8080"]
    config.keep_alive_timeout = float(os.environ["IDLE"])
    config.graceful_timeout = float(os.environ["PATIENCE"])
    config.accesslog = "-"
    asyncio.run(serve(app, config, shutdown_trigger=over))
