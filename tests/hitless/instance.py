"""One server under test: its workers held and killed one by one, its gates opened, its connections placed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e.http.wire import post_json
from tests.e2e.serving_process import ServingProcess
from tests.hitless import kernel
from tests.hitless.client import Client
from tests.hitless.kernel import until
from tests.hitless.package import echoed


class Instance:
    """with Instance(package, "--linger", "60") as instance: …

    At its end whatever still runs is killed: each test says itself how its server is to leave (`leaves_well`).
    """

    def __init__(self, package: Path, *arguments: str, port: int = 0, protocol: str = "http") -> None:
        self.package = package
        self._protocol = protocol
        self.server = ServingProcess(package, "--port", str(port), *arguments)
        self._given_port = port
        self._seen: set[int] = set()
        self._numbers = 0

    def __enter__(self) -> Self:
        self.server.start(ready=self._given_port == 0)
        self._given_port = self._given_port or self.server.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"the server: {self.server.report()}")
        self.server.kill()

    @property
    def port(self) -> int:
        return self._given_port

    def nonce(self) -> str:
        """What one request asks with, so that no answer can be taken for another's."""
        self._numbers += 1
        return f"request {self._numbers}"

    # Processes

    def workers(self) -> list[int]:
        """The processes of all workers, old and new."""
        found = kernel.children(self.server.pid)
        self._seen.update(found)
        return found

    def hold(self, *pids: int) -> None:
        """Stop workers (SIGSTOP), until `release`."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        until(lambda: all(kernel.state(pid) == "T" for pid in pids), "workers to be stopped")

    def release(self) -> None:
        """Let all workers go on that are held."""
        for pid in self.workers():
            if kernel.state(pid) == "T":
                os.kill(pid, signal.SIGCONT)

    def kill(self, pid: int) -> None:
        """SIGKILL one worker, and wait until the supervisor knows."""
        self.die(pid, signal.SIGKILL)

    def die(self, pid: int, number: signal.Signals) -> None:
        """As `kill`, by another signal."""
        os.kill(pid, number)
        until(lambda: kernel.state(pid) == "", f"worker {pid} to be collected")

    # Connections

    def connect(self, *, at: int | None = None, receive_buffer: int = 0) -> Client:
        """A connection that a worker has taken: a given one, where `at` is its process."""
        client, others = self._taken(receive_buffer), []
        while at is not None and self.owner(client) != at:
            others.append(client)  # open until the right one has its turn
            client = self._taken(receive_buffer)
        for other in others:
            other.close()
        return client

    def _taken(self, receive_buffer: int) -> Client:
        client = Client(self.port, receive_buffer=receive_buffer)
        until(lambda: self.owner(client) is not None, "a worker to take the connection")
        return client

    def hang_up(self) -> None:
        """Every client goes away."""
        for client in list(Client.left_open):
            client.close()

    def owner(self, client: Client) -> int | None:
        """The worker that has a connection; None while it waits in the accept queue, or where it has ended."""
        end = kernel.server_end(self.port, client.port)
        found = kernel.holders(self.workers(), end.inode) if end is not None and end.inode else []
        return found[0] if found else None

    def all_read(self, client: Client) -> None:
        """Until the server has read everything that the client sent; what is still on its way has not arrived."""

        def read() -> bool:
            ours = kernel.server_end(client.port, self.port)  # first: what leaves it arrives at the other
            theirs = kernel.server_end(self.port, client.port)
            return ours is not None and theirs is not None and not ours.unsent and not theirs.unread

        until(read, "the server to read")

    def unread(self, client: Client, size: int) -> None:
        """Until so many bytes of the client lie in the kernel, unread."""
        until(
            lambda: (end := kernel.server_end(self.port, client.port)) and end.unread == size, "bytes to arrive unread"
        )

    def stuck(self, client: Client) -> None:
        """Until the kernel has no more room for what the server sends to a client that does not read."""
        seen = [-1, -2]

        def full() -> bool:
            end = kernel.server_end(self.port, client.port)
            seen.append(end.unsent if end is not None else 0)
            time.sleep(0.1)
            return seen[-1] > 0 and seen[-1] == seen[-2] == seen[-3]

        until(full, "the client's window to be full")

    def queued(self, connections: int) -> None:
        """Until so many connections wait in the accept queue."""
        until(lambda: kernel.accept_queue(self.port) == connections, "connections to wait in the accept queue")

    # The model

    def at_gate(self, gate: str) -> None:
        """Until the model has come to a gate."""
        until((self.package / "gates" / f"{gate}.entered").exists, f"the model to come to {gate}")

    def open_gate(self, gate: str) -> None:
        (self.package / "gates" / f"{gate}.open").touch()

    def shut_load(self) -> None:
        """From now on loading takes until `open_load`."""
        (self.package / "gates" / "load.shut").touch()

    def open_load(self) -> None:
        (self.package / "gates" / "load.shut").unlink()

    # Signals and what follows

    def signal(self, number: signal.Signals) -> None:
        self.server.signal(number)

    def says(self, words: str, times: int = 1) -> dict[str, Any]:
        """Until the log has an entry with these words (so many of them)."""
        until(lambda: self.said(words) >= times or self.server.returncode is not None, f"the log to say {words!r}")
        return self.server.wait_for_entry(lambda entry: words in entry.get("message", ""), within_s=1)

    def said(self, words: str) -> int:
        return sum(words in entry.get("message", "") for entry in self.server.entries)

    def lingering(self) -> None:
        self.says(": lingering")

    def draining(self) -> None:
        self.says(": draining")

    def speak(self, client: Client) -> None:
        """The TLS handshake, where the server wants one."""
        if self._protocol == "https":
            tls = client.tls()
            tls.raw.sendall(tls.hello())
            tls.shake_hands()

    def asks(self, client: Client) -> bool:
        """One request on a connection; whether its answer is right, and the connection goes on."""
        nonce = self.nonce()
        reply = client.ask(post_json("/echo", {"x": nonce}))
        assert (reply.status, reply.body) == (200, echoed(nonce))
        return reply.kept_alive

    def answers(self) -> None:
        """It serves: a new connection is taken and answered."""
        with Client(self.port) as client:
            self.speak(client)
            self.asks(client)

    def health(self) -> int:
        with Client(self.port) as client:
            return client.ask(b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n").status

    def leaves_well(self) -> None:
        """Until the server has left: with exit code 0, and nobody stays behind (EXIT-4)."""
        self.workers()
        until(lambda: self.server.returncode is not None, "the server to leave")
        assert self.server.returncode == 0, self.server.report()
        until(lambda: all(kernel.state(pid) in ("", "Z") for pid in self._seen), "workers to be gone")
