"""Tornado, as process 1 of its container."""

import asyncio
import json
import os
import signal

import tornado.httpserver
import tornado.web

leaving = asyncio.Event()


class Handler(tornado.web.RequestHandler):
    def reply(self, value: dict, status: int = 200) -> None:
        if leaving.is_set():
            self.set_header("Connection", "close")
        self.set_status(status)
        self.finish(value)


class Health(Handler):
    def get(self) -> None:
        self.reply({"health": str(not leaving.is_set()).lower()}, 503 if leaving.is_set() else 200)


class Length(Handler):
    def post(self) -> None:
        try:
            self.reply({"length": len("" + json.loads(self.request.body)["text"])})
        except (ValueError, TypeError, KeyError, RecursionError):
            self.reply({"error": "a JSON object with text is needed"}, 400)


async def main() -> None:
    app = tornado.web.Application([("/", Length), ("/health", Health)])
    server = tornado.httpserver.HTTPServer(
        app, idle_connection_timeout=float(os.environ["IDLE"]), max_buffer_size=32 * 2**20
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    server.listen(8080)
    print("ready", flush=True)
    await leaving.wait()
    await asyncio.sleep(float(os.environ["LINGER"]))
    server.stop()
    await asyncio.sleep(float(os.environ["PATIENCE"]) / 4)
    await server.close_all_connections()


asyncio.run(main())
