"""One container of docker or podman, watched from outside by the engine's commands."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hitless.engines.calling import begun, call, end
from hitless.engines.commands import address_in, bytes_in, failure, written_in
from hitless.engines.memory import memory_of_group
from hitless.engines.networks import Place, is_reached, is_seen_here, place_of
from hitless.engines.output import Output
from hitless.engines.running import Address, Saw
from hitless.engines.sockets import listening_of
from hitless.errors import UnavailableError

if TYPE_CHECKING:
    from hitless.engines.containers import ContainerEngine

_LAST_WORDS = 2000  # characters of a log, in errors


class Container:
    """By its name. `network`: one that is its own, which goes with it; else empty, or the engine's word for none."""

    def __init__(self, engine: ContainerEngine, name: str, port: int, network: str = "") -> None:
        self.name = name
        self.lacks: tuple[str, ...] = ()
        self._engine = engine
        self._port = port
        self._network = network
        self._address: Address | None = None
        self._pid = 0
        self._followers: list[subprocess.Popen[bytes]] = []

    def is_reached(self) -> bool:
        """Whether its own address leads to it from here. So it is said, too, of one that has ended before."""
        place = self._place()
        return place is None or is_reached(self._engine, place, self._network)

    def address(self) -> Address:
        if self._address is None:
            self._address = self._own_address() if self._network else self._published()
        if self._address is None:
            raise UnavailableError(f"{self.name} has no address: {self._state()}")
        return self._address

    def _own_address(self) -> Address | None:
        place = self._place() if self._port else None
        return Address(place.host, self._port, own=True) if place is not None else None

    def _published(self) -> Address | None:
        return address_in(self._engine.ask("port", self.name, f"{self._port}/tcp").output)

    def _place(self) -> Place | None:
        return place_of(self._engine, self.name, self._network)

    def signal(self, number: int) -> None:
        answer = self._engine.ask("kill", "--signal", str(number), self.name)
        if not answer.ok and self.wait(0) is None:
            raise failure(f"{self._engine.name} cannot signal {self.name}", answer.errors)

    def wait(self, within_s: float) -> int | None:
        running, _, code = self._inspected("{{.State.Running}} {{.State.ExitCode}}").partition(" ")
        if running == "true":
            if not self._ends(within_s):
                return None
            code = self._inspected("{{.State.ExitCode}}")
        return int(code)

    def _ends(self, within_s: float) -> bool:
        """Its end is waited for by the engine; what `wait` prints is not used: old podmans lose it in a race."""
        return within_s > 0 and call((*self._engine.program, "wait", self.name), within_s) is not None

    def _inspected(self, form: str) -> str:
        return self._engine.do("container", "inspect", "--format", form, self.name).strip()

    def logs(self) -> str:
        answer = self._engine.ask("logs", self.name, together=True)
        if not answer.ok:
            raise failure(f"{self._engine.name} has no log of {self.name}", answer.output)
        return answer.output

    def follow(self, saw: Saw) -> None:
        process = begun((*self._engine.program, "logs", "--follow", self.name))
        self._followers.append(process)
        Output.of(process).follow(saw)

    def memory_bytes(self) -> int | None:
        """By its cgroup; where that is not seen from here, what the engine says, which may count some page cache."""
        pid = self._first_process()
        if pid > 0:
            return memory_of_group(pid)
        answer = self._engine.ask("stats", "--no-stream", "--format", "{{.MemUsage}}", self.name)
        return (bytes_in(answer.output) or None) if answer.ok else None

    def _first_process(self) -> int:
        """As this machine counts; -1 where it is not seen from here."""
        if not self._pid:
            told = self._inspected("{{.Id}} {{.State.Pid}}").split()
            self._pid = int(told[1]) if is_seen_here(told[0], int(told[1])) else -1
        return self._pid

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        pid = self._first_process()
        return listening_of(pid) if pid > 0 else None

    def written(self) -> tuple[str, ...] | None:
        answer = self._engine.ask("diff", self.name)
        return written_in(answer.output) if answer.ok else None

    def remove(self) -> None:
        try:
            self._engine.remove(self.name)
        finally:
            if self._network not in ("", "none"):
                self._engine.ask("network", "rm", self._network)
            for follower in self._followers:
                end(follower)

    def leave(self) -> None:
        """Follow it no longer, and let it run."""
        for follower in self._followers:
            end(follower, 0)

    def _state(self) -> str:
        code = self.wait(0)
        if code is None:
            return f"no port {self._port} is published"
        return f"it has ended with {code}\n{self.logs()[-_LAST_WORDS:].strip()}"
