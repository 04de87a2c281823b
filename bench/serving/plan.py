"""What is measured, in which order, and about how long that takes. Pure: nothing here starts or measures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from bench.serving.servers import Server, Size

CONNECTIONS = {Size.SMALL: (1, 16, 64, 256), Size.LARGE: (16, 64)}
STARTS = 5
WARM_UP_S = 1
AROUND_POINT_S = 0.4  # starting wrk twice, reading counters
AROUND_SERVER_S = 0.5  # memory, ending it
LIMIT_S = 1.5
LIMIT_PROCESSES = (1, 2)
AROUND_LIMIT_S = 1.0


@dataclass(frozen=True)
class Job:
    """A server on a model at each number of connections; without a server: the in-process limit of that model."""

    server: Server | None
    size: Size
    connections: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: int
    starts: int
    seed: int
    jobs: tuple[Job, ...]

    def order(self, number: int) -> list[Job]:
        """The jobs of one round (from 1), in an order of its own, so that no server always follows the same one."""
        jobs = list(self.jobs)
        random.Random(f"{self.seed}/{number}").shuffle(jobs)
        return jobs

    def seconds_in_all(self) -> float:
        """An estimate, environments already made."""
        extra = max(0, self.starts - self.rounds)
        servers = [job.server for job in self.jobs if job.server is not None and job.size is Size.SMALL]
        starting = sum(server.usual_start_s + AROUND_SERVER_S for server in servers)
        return self.rounds * sum(map(self._job_s, self.jobs)) + extra * starting

    def _job_s(self, job: Job) -> float:
        if job.server is None:
            return len(LIMIT_PROCESSES) * (LIMIT_S + AROUND_LIMIT_S)
        points_s = len(job.connections) * (WARM_UP_S + self.seconds + AROUND_POINT_S)
        return job.server.usual_start_s + AROUND_SERVER_S + points_s


def connections(wanted: Set[int] | None, only: Size | None) -> dict[Size, tuple[int, ...]]:
    """Those of each size: the usual ones, or the wanted ones (with the large model those of its usual ones)."""
    chosen = dict(CONNECTIONS)
    if wanted is not None:
        chosen[Size.SMALL] = tuple(sorted(wanted))
        chosen[Size.LARGE] = tuple(number for number in CONNECTIONS[Size.LARGE] if number in wanted)
    return {size: numbers if only in (None, size) else () for size, numbers in chosen.items()}


def jobs(servers: Sequence[Server], connections: Mapping[Size, Sequence[int]]) -> tuple[Job, ...]:
    """Every server on each of its sizes, and the in-process limit of every size that is measured."""
    served = [
        Job(server, size, tuple(connections[size])) for server in servers for size in server.sizes if connections[size]
    ]
    sizes = dict.fromkeys(job.size for job in served)
    return (*served, *(Job(None, size) for size in sizes))
