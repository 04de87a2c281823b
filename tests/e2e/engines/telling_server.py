"""A subject that tells what it can do where it is: python3 /telling_server.py PORT. Standard library only."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TextIO

OUTSIDE = (("192.0.2.1", 80), ("10.255.255.1", 80), ("1.1.1.1", 53))


def say(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 0.5).close()
    except OSError:
        return False
    return True


def children(most: int) -> int:
    """How many can be started, up to so many."""
    started: list[int] = []
    try:
        while len(started) < most:
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            started.append(pid)
    except OSError:
        pass
    for pid in started:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(started)


def told() -> dict[str, object]:
    with open("/proc/1/status") as file:  # noqa: PTH123
        status = {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
    with open("/proc/1/cmdline", "rb") as file:  # noqa: PTH123
        first = file.read().split(b"\0")[1].decode()
    return {
        "pid": os.getpid(), "first": first, "uid": os.getuid(), "gid": os.getgid(), "cwd": os.getcwd(),  # noqa: PTH109
        "capabilities": int(status["CapEff"], 16), "no_new_privileges": status["NoNewPrivs"] == "1",
        "reached": [address for address in OUTSIDE if reached(*address)], "home": os.environ.get("HOME"),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),  # noqa: PTH208
        "asked": os.environ.get("ASKED"),
    }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        held = []
        if self.path == "/memory":
            held.append(bytearray(os.urandom(1 << 20)) * 600)  # 600 MiB, all of it touched
        if self.path == "/write":
            for place in ("/var/tmp/written", "/tmp/written"):
                with open(place, "w") as file:  # noqa: PTH123
                    file.write("x")
        body = json.dumps(children(200) if self.path == "/children" else told()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *values: object) -> None:
        say(sys.stdout, f"asked for {self.path}")


def main(port: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    inner = ThreadingHTTPServer(("127.0.0.1", port + 1), Handler)
    threading.Thread(target=inner.serve_forever, daemon=True).start()
    outer = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    say(sys.stdout, "listening")
    say(sys.stderr, "a complaint")
    outer.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
