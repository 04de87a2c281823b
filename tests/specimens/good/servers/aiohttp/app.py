"""aiohttp with its own handler of SIGTERM."""

import asyncio
import os
import signal

from aiohttp import web

leaving = asyncio.Event()


def reply(value: dict, status: int = 200) -> web.Response:
    response = web.json_response(value, status=status)
    if leaving.is_set():
        response.force_close()
    return response


async def health(request: web.Request) -> web.Response:
    return reply({"health": str(not leaving.is_set()).lower()}, 503 if leaving.is_set() else 200)


async def length(request: web.Request) -> web.Response:
    try:
        asked = await request.json()
        return reply({"length": len("" + asked["text"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return reply({"error": "a JSON object with text is needed"}, 400)


async def main() -> None:
    app = web.Application(client_max_size=16 * 2**20)
    app.add_routes([web.get("/health", health), web.post("/", length)])
    runner = web.AppRunner(
        app, keepalive_timeout=float(os.environ["IDLE"]), shutdown_timeout=float(os.environ["PATIENCE"])
    )
    await runner.setup()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    site = web.TCPSite(runner, "0.0.0.0", 8080)
    await site.start()
    print("ready", flush=True)
    await leaving.wait()
    await asyncio.sleep(float(os.environ["LINGER"]))
    await site.stop()
    # cleanup() reads no more of what clients are still sending, so that they get no answer: give them time first.
    await asyncio.sleep(float(os.environ["PATIENCE"]) / 2)
    await runner.cleanup()


asyncio.run(main())
