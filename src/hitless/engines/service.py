"""A service that runs already: reached by its URL, signalled by its process id or its container's name."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from urllib.parse import urlsplit

from hitless.engines.container import Container
from hitless.engines.containers import ContainerEngine
from hitless.engines.memory import memory_of_processes
from hitless.engines.running import NO_CODE, Address, Saw, Start
from hitless.errors import InputError, Problem, UnavailableError

_CONNECTED_WITHIN_S = 5.0
_LOOPBACKS = ("127.", "::1", "localhost")
_LACKS = ("it runs as it was started by others: nothing here confines it",)


class ServiceEngine:
    """`pid` as this machine counts. `container` and the engine that runs it; neither: it cannot be signalled."""

    name = "service"

    def __init__(
        self, url: str, *, pid: int | None = None, container: str = "", engine: ContainerEngine | None = None
    ) -> None:
        """InputError for what is no URL of a service."""
        self._address = service_address(url)
        self._pid = pid
        self._container = container
        self._engine = engine

    @property
    def can_signal(self) -> bool:
        return self._pid is not None or bool(self._container and self._engine)

    def start(self, start: Start) -> Service:
        """The one instance that there is. InputError for wishes that it cannot have any more."""
        if start.command or start.user or start.read_only or start.environment:
            remedy = "Check the image instead: then it can be started in all the ways that are needed."
            raise InputError([Problem("ENG-3", "a service that runs cannot be started in another way", remedy)])
        if self._pid is not None:
            return ProcessService(self._address, self._pid)
        if self._container and self._engine is not None:
            return ContainerService(self._address, Container(self._engine, self._container, start.port))
        return Service(self._address)


def refuse_silent(url: str) -> None:
    """UnavailableError where nothing takes a connection. InputError for what is no URL of a service."""
    address = service_address(url)
    try:
        socket.create_connection((address.host, address.port), _CONNECTED_WITHIN_S).close()
    except OSError as error:
        why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise UnavailableError(
            f"nothing takes connections at {address.url} ({why}): start the service first"
        ) from error


def service_address(url: str) -> Address:
    """InputError for another scheme than http, a path, or no host."""
    remedy = "Name it as http://HOST:PORT, where the service itself answers."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError as error:
        raise InputError([Problem("ENG-4", f"{url} is no URL: {error}", remedy)]) from None
    if parts.scheme != "http" or not host or parts.path not in ("", "/") or parts.query or parts.username:
        raise InputError([Problem("ENG-4", f"{url} is no URL of a service of plain HTTP", remedy)])
    return Address(host, port, own=not host.startswith(_LOOPBACKS))


class Service:
    """One that is reached, and no more."""

    lacks = _LACKS

    def __init__(self, address: Address) -> None:
        self._address = address

    def address(self) -> Address:
        return self._address

    def signal(self, number: int) -> None:
        raise UnavailableError(f"signal {number} cannot be sent: neither its process id nor its container is known")

    def wait(self, within_s: float) -> int | None:
        """Nobody tells whether it has ended."""
        time.sleep(within_s)
        return None

    def logs(self) -> str:
        return ""

    def follow(self, saw: Saw) -> None:
        """There is nothing to follow."""

    def memory_bytes(self) -> int | None:
        return None

    def written(self) -> tuple[str, ...] | None:
        return None

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        return None

    def remove(self) -> None:
        """It is not ours."""


class ProcessService(Service):
    """With its process id. UnavailableError where there is no such process, or it is not ours to signal."""

    def __init__(self, address: Address, pid: int) -> None:
        super().__init__(address)
        self._pid = pid
        try:
            self._handle = os.pidfd_open(pid)
            signal.pidfd_send_signal(self._handle, 0)
        except OSError as error:
            raise UnavailableError(f"the process {pid} cannot be watched: {error.strerror}") from error

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def wait(self, within_s: float) -> int | None:
        """NO_CODE: only its parent is told how it ended."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return NO_CODE if poll.poll(within_s * 1000) else None

    def memory_bytes(self) -> int | None:
        return memory_of_processes(self._pid) if self.wait(0) is None else None

    def remove(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class ContainerService(Service):
    """With its container, which stays when this is removed."""

    def __init__(self, address: Address, container: Container) -> None:
        super().__init__(address)
        self._container = container
        container.wait(0)  # UnavailableError where there is none of that name

    def signal(self, number: int) -> None:
        self._container.signal(number)

    def wait(self, within_s: float) -> int | None:
        return self._container.wait(within_s)

    def logs(self) -> str:
        return self._container.logs()

    def follow(self, saw: Saw) -> None:
        self._container.follow(saw)

    def memory_bytes(self) -> int | None:
        return self._container.memory_bytes()

    def written(self) -> tuple[str, ...] | None:
        return self._container.written()

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        return self._container.listening()

    def remove(self) -> None:
        self._container.leave()
