"""Carries a plan out: starts each server in its turn, measures it, ends it, and writes down what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving import load, procfs, sampling
from bench.serving.environments import Environment
from bench.serving.findings import Failure, Findings, InProcess, Memory, Point, Start, publishable
from bench.serving.instance import Instance, StartFailedError, fault, last_lines, log_of, running
from bench.serving.limit import measure
from bench.serving.plan import LIMIT_PROCESSES, LIMIT_S, WARM_UP_S, Job, Plan
from bench.serving.servers import Server, Size
from bench.serving.workload import Workload


class WrongAnswerError(Exception):
    """The server's answer was right before the load and is not after it."""


@dataclass
class Bench:
    """`environments` by server name; a server without one is left out. `report` shows a line of progress."""

    plan: Plan
    workload: Workload
    environments: Mapping[str, Environment]
    work: Path
    report: Callable[[str], None]
    findings: Findings = field(default_factory=Findings)

    def run(self) -> Findings:
        for number in range(1, self.plan.rounds + 1):
            for job in self.plan.order(number):
                self._carry_out(job, number)
        for number in range(self.plan.rounds + 1, self.plan.starts + 1):
            for job in self.plan.order(number):
                if job.server is not None and job.size is Size.SMALL:
                    self._serve(job, job.server, number, lambda _instance: None)
        return self.findings

    def _carry_out(self, job: Job, number: int) -> None:
        if job.server is None:
            self._limits(job.size, number)
        else:
            server = job.server
            self._serve(job, server, number, lambda instance: self._load(job, server, number, instance))

    def _limits(self, size: Size, number: int) -> None:
        for processes in LIMIT_PROCESSES:
            limit = measure(self.workload.models[size], self.workload.picture, LIMIT_S, processes)
            self.findings.limits.append(
                InProcess(size, number, processes, round(limit.per_s, 1), round(limit.cpu_us, 2))
            )
            self.report(
                f"round {number}  in-process limit, {processes} at once, {size}: "
                f"{limit.per_s:,.0f} pictures/s, {limit.cpu_us:.1f} µs of CPU each"
            )

    def _serve(self, job: Job, server: Server, number: int, then: Callable[[Instance], None]) -> None:
        if server.name not in self.environments or self._gave_up(server, job.size):
            return
        environment = self.environments[server.name]
        try:
            with running(server, job.size, self.workload, environment, self.work) as instance:
                self.findings.starts.append(Start(server.name, job.size, number, round(instance.start_s, 3)))
                then(instance)
        except (StartFailedError, load.LoadFailedError, WrongAnswerError) as error:
            text = f"{error}\n{last_lines(log_of(server, job.size, self.work))}"
            self.findings.failures.append(Failure(server.name, job.size, number, publishable(text)))
            self.report(f"round {number}  {server.name} ({job.size}) failed: {text}")

    def _gave_up(self, server: Server, size: Size) -> bool:
        """After two failures of a server with a model it is left out, or its waits would fill the run."""
        failures = self.findings.failures
        return sum(failure.server == server.name and failure.size is size for failure in failures) > 1

    def _load(self, job: Job, server: Server, number: int, instance: Instance) -> None:
        for connections in job.connections:
            self._sample(sampling.Place(server.name, job.size, number, connections), instance)
        pss_mib = procfs.tree_pss_mib(os.getpid())
        self.findings.memory.append(Memory(server.name, job.size, number, round(pss_mib, 1)))
        wrong = fault(instance.port, self.workload)
        if wrong:
            raise WrongAnswerError(f"right before the load, but after it: {wrong}")

    def _sample(self, place: sampling.Place, instance: Instance) -> None:
        def apply(seconds: int) -> load.Load:
            return load.run(instance.url, self.workload, place.connections, seconds)

        apply(WARM_UP_S)
        points = sampling.sample(place, lambda: apply(self.plan.seconds))
        self.findings.points.extend(points)
        for point in points:
            self.report(progress(point))


def progress(point: Point) -> str:
    """A line on a point, with what disturbed it."""
    disturbed = f"  (others {point.other_cores:.2f}, steal {point.steal_cores:.2f} cores)"
    return (
        f"round {point.round}  {point.server:<15}{point.size:<6}{point.connections:>4} connections"
        f"{point.ok_per_s:>10,.0f}/s  p50 {point.p50_ms:>7.2f}  p99 {point.p99_ms:>8.2f} ms{point.cpu_us:>8.1f} µs"
        + (f"  {point.errors} errors" if point.errors else "")
        + (disturbed if point.noise_cores > sampling.NOISE_LIMIT_CORES else "")
    )
