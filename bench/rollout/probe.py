"""What becomes of an idle and of a new connection after SIGTERM, seen from outside; no load, one instance."""

from __future__ import annotations

import http.client
import select
import socket
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.rollout.asked import Dialect, question, read
from bench.rollout.instance import Instance
from bench.rollout.servers import Server
from bench.serving.environments import Environment
from bench.serving.instance import free_ports

AFTER_S = 0.5  # from the signal to the second question
PATIENCE_S = 15.0
EXIT_WITHIN_S = 25.0
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Seen:
    """In words; `exit_s` is the time from SIGTERM to the exit of an instance with one idle client, None if never."""

    idle: str
    new: str
    exit_s: float | None
    exit_code: int | None


def look(server: Server, environment: Environment) -> dict[str, object]:
    """Ask once and keep the connection; SIGTERM; ask again on it, and on a new one; wait with a third, idle one."""
    with tempfile.TemporaryDirectory(prefix="rollout-") as folder:
        instance = Instance(server, environment, "i0", free_ports(1)[0], Path(folder))
        try:
            instance.wait_until_ready()
            return asdict(_look(instance))
        finally:
            instance.kill()


def _look(instance: Instance) -> Seen:
    dialect = instance.server.dialect
    idle, silent = _connected(instance.port), _connected(instance.port)
    for connection in (idle, silent):
        _ask(connection, dialect)
    instance.terminate()
    time.sleep(AFTER_S)
    on_idle = _ask(idle, dialect)
    new = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=PATIENCE_S)
    on_new = _ask(new, dialect)
    until = instance.signalled_at + EXIT_WITHIN_S
    while instance.ending is None and time.monotonic() < until:
        time.sleep(0.01)
    for connection in (idle, silent, new):
        connection.close()
    ending = instance.ending
    return Seen(on_idle, on_new, ending.after_s if ending else None, ending.code if ending else None)


def _connected(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.connect()
    connection.auto_open = 0  # never a second connection in secret
    return connection


def _has_ended(open_socket: socket.socket) -> bool:
    """Whether the server has already closed it."""
    if not select.select([open_socket], [], [], 0)[0]:
        return False
    try:
        return not open_socket.recv(1, socket.MSG_PEEK)
    except ConnectionResetError:
        return True


def _ask(connection: http.client.HTTPConnection, dialect: Dialect) -> str:
    """One exchange, in words."""
    if connection.sock is not None and _has_ended(connection.sock):
        return "closed before it"
    begin = time.monotonic()
    try:
        path, body = question(dialect)
        connection.request("POST", path, body, HEADERS)
        reply = connection.getresponse()
        right = read(reply.read(), dialect).get("number") == 1
    except ConnectionRefusedError:
        return "refused"
    except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected) as error:
        waited = time.monotonic() - begin
        how = "closed" if isinstance(error, http.client.RemoteDisconnected) else "reset"
        return f"{how} without answer" + (f" after {waited:.0f} s" if waited > 1 else "")
    except TimeoutError:
        return f"no answer in {PATIENCE_S:g} s"
    except http.client.NotConnected:
        return "closed without answer"
    close = ", close" if reply.headers.get("connection", "").lower() == "close" else ""
    return f"answered{close}" if reply.status == http.HTTPStatus.OK and right else f"{reply.status}"
