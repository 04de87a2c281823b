"""The seam: something that runs, seen from outside. Whatever started it, it has an address, takes signals, and ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Confinement:
    """For what is not trusted: no route out, no capabilities but the few that servers need, no new privileges, limits.

    Its address is then its own one, reached from here directly.
    """

    memory_bytes: int = 4 << 30
    processes: int = 1024
    label: str = ""  # on everything that is made for it, so that it can be found and removed after a crash
    disk_bytes: int = 4 << 30  # written to its root; container engines have no such limit


@dataclass(frozen=True)
class Start:
    """What is started, and how. An engine that cannot do what is asked refuses it (InputError)."""

    subject: str  # an image by its id or name; for plain processes a folder
    port: int = 8080  # where it listens inside; 0: nowhere
    command: tuple[str, ...] = ()  # instead of its own
    user: str = ""  # such as "1000:100"; empty: its own
    environment: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False  # the whole root
    writable: tuple[str, ...] = ()  # folders that can be written all the same, empty at first, in memory
    confinement: Confinement | None = None


@dataclass(frozen=True)
class Address:
    """Where it is reached from here. `own`: the instance's own one, at which who listens on its loopback only does not
    answer; else a port of this machine that leads there, or a process on this machine's loopback."""

    host: str
    port: int
    own: bool = False

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


NO_CODE = -1

Saw = Callable[[str, str], None]  # "stdout", "stderr", or "" where they are not told apart; the line without its end


class Instance(Protocol):
    """One started thing. All of it raises UnavailableError where the engine does not answer as it should."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """What of a Confinement it does without, in words; empty exactly where it has all of it."""

    def address(self) -> Address:
        """Known from the start on, whether or not anybody listens yet."""

    def signal(self, number: int) -> None:
        """To its first process; nothing happens where it has ended."""

    def wait(self, within_s: float) -> int | None:
        """Its exit code once it has ended (128 + n for signal n); None if it has not within so many seconds.

        NO_CODE where it was not started from here, and so nobody tells.
        """

    def logs(self) -> str:
        """All that it wrote so far, output and errors."""

    def follow(self, saw: Saw) -> None:
        """Every line from its first on goes to `saw`, from a thread, as it is written; ends by itself with it."""

    def memory_bytes(self) -> int | None:
        """What it takes now, page cache left out; None where nobody can tell."""

    def written(self) -> tuple[str, ...] | None:
        """Absolute paths of the files that it made or changed in its own file system; None where nobody can tell."""

    def listening(self) -> tuple[tuple[str, int], ...] | None:
        """Address and port of each TCP socket that takes connections inside; None where nobody can tell."""

    def remove(self) -> None:
        """End it at once and leave nothing behind; nothing happens the second time."""


class Engine(Protocol):
    """Where things run. `name` as users know it."""

    @property
    def name(self) -> str: ...

    def start(self, start: Start) -> Instance:
        """Returns when it has been started, not when it is ready. What could not be started is gone again."""


@contextlib.contextmanager
def started(engine: Engine, start: Start) -> Iterator[Instance]:
    """An instance for the length of a block, removed however the block ends."""
    instance = engine.start(start)
    try:
        yield instance
    finally:
        instance.remove()
