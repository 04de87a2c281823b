"""The values that a run yields, as they stand in its JSON file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bench.serving.servers import Size


@dataclass(frozen=True)
class Point:
    """One load on one server. CPU is that of the server, all its processes; `*_cores` are means over the load.

    `other_cores`: what neither server nor load generator used; `steal_cores`: what the host took. A point with too
    much of both is measured once more, and the worse of the two is kept here with `counted` False.
    """

    server: str
    size: Size
    round: int
    connections: int
    ok_per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int
    cpu_us: float
    server_cores: float
    load_cores: float
    other_cores: float
    steal_cores: float
    counted: bool = True

    @property
    def noise_cores(self) -> float:
        return self.other_cores + self.steal_cores


@dataclass(frozen=True)
class Start:
    """From exec to the first correct answer."""

    server: str
    size: Size
    round: int
    seconds: float


@dataclass(frozen=True)
class Memory:
    """Proportional set size of all processes of a server, after the load."""

    server: str
    size: Size
    round: int
    pss_mib: float


@dataclass(frozen=True)
class InProcess:
    """The limit without a server: see limit.py."""

    size: Size
    round: int
    processes: int
    per_s: float
    cpu_us: float


@dataclass(frozen=True)
class Failure:
    """A server that could not be set up, did not start, or failed under load; `text` ends with its last log lines."""

    server: str
    size: Size | None
    round: int
    text: str


ADDRESS = re.compile(r"\b(?:https?|file)://(?!127\.0\.0\.1\b)\S+")
FOLDERS = re.compile(r"(?<![\w.:/])/(?:[\w.+@-]+/)+")


def publishable(text: str) -> str:
    """A log's text without addresses of package indexes and folders of the machine, for results are committed."""
    return FOLDERS.sub("", ADDRESS.sub("(address)", text))


@dataclass
class Findings:
    """Everything measured so far."""

    points: list[Point] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    limits: list[InProcess] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
