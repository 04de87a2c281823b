"""The same contract with a thread for each connection, by Python's own http.server; no faults."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LINGER, DEADLINE = float(os.environ.get("LINGER", "60")), float(os.environ.get("DEADLINE", "90"))
MARGIN = 0.5


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = float(os.environ.get("KEEP_ALIVE", "210"))

    def do_GET(self) -> None:
        if self.path == "/health":
            self.reply(200, {"health": "true"})
        else:
            self.reply(405 if self.path == "/" else 404, {})

    do_HEAD = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def do_POST(self) -> None:
        with State.lock:
            State.open += 1
        try:
            self.predict()
        finally:
            with State.lock:
                State.open -= 1

    def predict(self) -> None:
        body = self.body()
        if self.path != "/":
            self.reply(404, {})
            return
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if isinstance(text, str):
            self.reply(200, {"length": len(text)})
        else:
            self.reply(422, {"error": "text is missing"})

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def reply(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.close_connection = self.close_connection or State.leaving.is_set()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, form: str, *values: object) -> None:
        sys.stdout.write(f"{self.log_date_time_string()} {form % values}\n")
        sys.stdout.flush()


class State:
    leaving = threading.Event()
    lock = threading.Lock()
    open = 0


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that have gone are no news."""


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: State.leaving.set())
    server = Server(("0.0.0.0", int(os.environ.get("PORT", "8080"))), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while not State.leaving.wait(0.1):
        """Without a timeout, a signal that the kernel gives to another thread would wake nobody."""
    time.sleep(LINGER + MARGIN)
    until = time.monotonic() + (DEADLINE - LINGER) * 0.8
    while State.open and time.monotonic() < until:
        time.sleep(0.02)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
