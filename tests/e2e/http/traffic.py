"""Clients that never stop asking while a test does something to the server; what they did not get is remembered."""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from tests.e2e.http.wire import PATIENCE_S, Reply, Wire, request
from tests.e2e.serving_process import ServingProcess


def free_port() -> int:
    """A port that nothing listens on now; for servers that are to be reached before they are ready."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def connect(port: int, within_s: float = PATIENCE_S) -> Wire:
    """A connection to a server that is just starting."""
    until = time.monotonic() + within_s
    while True:
        try:
            return Wire(port)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def health(port: int) -> int:
    """The status of /health, asked on a connection of its own."""
    with Wire(port) as wire:
        return wire.ask(request("GET /health", "Connection: close")).status


def wait_for_health(port: int, status: int, within_s: float = PATIENCE_S) -> None:
    until = time.monotonic() + within_s
    while (now := health(port)) != status:
        assert time.monotonic() < until, f"/health stays {now}"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def exit_code(server: ServingProcess, within_s: float = 2 * PATIENCE_S) -> int:
    """Of a server that is expected to end by itself; its log is whole then."""
    until = time.monotonic() + within_s
    while (code := server.returncode) is None:
        assert time.monotonic() < until, f"it does not end; {server.report()}"
        time.sleep(0.01)
    server.hear_out()
    return code


class Traffic:
    """Two clients: one keeps its connection as long as the server lets it, one makes a new one for each request.

    `replies` holds what they got, `failures` what went wrong; stop it before the server stops listening.
    """

    def __init__(self, port: int, sent: bytes) -> None:
        self.replies: list[Reply] = []
        self.failures: list[str] = []
        self._port = port
        self._sent = sent
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(keep,), daemon=True) for keep in (True, False)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)
            assert not thread.is_alive()

    def wait_for(self, wanted: Any, within_s: float = PATIENCE_S) -> None:
        """Until the clients got an answer, from now on, for which `wanted` holds."""
        seen, until = len(self.replies), time.monotonic() + within_s
        while not any(wanted(reply) for reply in self.replies[seen:]):
            assert time.monotonic() < until, f"no such answer; failures: {self.failures}"
            time.sleep(0.01)

    def _ask(self, keep: bool) -> None:
        wire: Wire | None = None
        while not self._stopped.is_set():
            try:
                wire = wire or Wire(self._port)
                reply = wire.ask(self._sent)
            except (OSError, EOFError, AssertionError) as error:
                self.failures.append(f"{'kept' if keep else 'new'} connection: {error!r}")
                wire = None
                continue
            self.replies.append(reply)
            if not keep or not reply.kept_alive:
                wire.close()
                wire = None
            self._stopped.wait(0.002)
        if wire is not None:
            wire.close()
