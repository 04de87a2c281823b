"""One run: a server in one arrangement under load, replaced again and again; what the clients saw of it."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.rollout.arrangements import Arrangement, Front
from bench.rollout.balancers import caddy, haproxy, nginx
from bench.rollout.balancers.balancer import Balancer
from bench.rollout.generator import Generator
from bench.rollout.instance import KILLED_AFTER_S, Ending, Instance
from bench.rollout.load import Order
from bench.rollout.servers import Server
from bench.serving import procfs
from bench.serving.environments import Environment
from bench.serving.instance import free_ports

SLOTS = 8
BEFORE_S = AFTER_S = 1.0  # of load before the first replacement and after the last end
RELOADED_WITHIN_S = 20.0
PAUSE_S = 0.02
BALANCERS = {Front.HAPROXY: haproxy.running, Front.NGINX: nginx.running, Front.CADDY: caddy.running}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`shim`: the library that lets two instances bind one port; needed for that arrangement only."""

    arrangement: Arrangement
    server: Server
    environment: Environment
    replacements: int
    rate: float
    seed: int
    shim: Path | None = None
    logs: Path | None = None  # where the logs go when requests have failed


@dataclass
class Run:
    """What came of a plan. `signals`: when each SIGTERM or SIGHUP was sent, by the monotonic clock."""

    tally: dict[str, Any]
    signals: list[float]
    endings: list[Ending] = field(default_factory=list)
    not_reloaded: int = 0


def run(plan: Plan, report: Report) -> Run:
    """Raises StartFailedError, BalancerFailedError or LoadFailedError where it cannot be measured."""
    folder = Path(tempfile.mkdtemp(prefix="rollout-"))
    try:
        with Fleet(plan, folder, report) as fleet:
            done = fleet.run()
        if done.tally["failed"] and plan.logs is not None:
            _keep_logs(folder, plan.logs)
        return done
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Fleet(ExitStack):
    """The instances of one run and what stands before them; everything ends with the block."""

    def __init__(self, plan: Plan, folder: Path, report: Report) -> None:
        super().__init__()
        self._plan = plan
        self._folder = folder
        self._report = report
        self._instances: list[Instance] = []
        self._signals: list[float] = []
        self._not_reloaded = 0
        self._ports = free_ports(SLOTS + 1)
        self.callback(self._kill_all)
        self._starter = self.enter_context(ThreadPoolExecutor(1))  # a thread that stays: its children die with it

    def run(self) -> Run:
        plan, front = self._plan, self._plan.arrangement.front
        self._balancer = self.enter_context(self._balanced())
        self._upcoming = self._starting()
        current = self._upcoming.result()
        self._route(current)
        port = self._ports[SLOTS] if self._balancer else current.port
        order = Order("127.0.0.1", port, plan.rate, plan.seed, tuple(plan.server.shapes), plan.server.dialect)
        self._generator = self.enter_context(Generator(order))
        time.sleep(BEFORE_S)
        replace = self._reload if front is Front.RELOAD else self._replace
        if front is not Front.RELOAD:
            self._upcoming = self._starting()
        for number in range(plan.replacements):
            begin = time.monotonic()
            current = replace(current, is_last=number + 1 == plan.replacements)
            self._report(self._progress(number + 1))
            time.sleep(max(0.0, begin + plan.arrangement.period_s - time.monotonic()))
        self._wait_for_endings()
        time.sleep(AFTER_S)
        endings = [instance.ending for instance in self._instances if instance.ending is not None]
        return Run(self._generator.stop(), self._signals, endings, self._not_reloaded)

    def _progress(self, number: int) -> str:
        plan, load = self._plan, self._generator
        name = f"{plan.server.name}, {plan.arrangement.name}"
        return f"{name}: {number} of {plan.replacements}; {load.requests:,} requests, {load.failed} failed"

    @contextmanager
    def _balanced(self) -> Iterator[Balancer | None]:
        running = BALANCERS.get(self._plan.arrangement.front)
        ports, health = self._ports[:SLOTS], self._plan.server.health
        with running(self._ports[SLOTS], ports, health, self._folder) if running else nullcontext() as balancer:
            yield balancer

    # Instances

    def _start(self) -> Instance:
        number = len(self._instances)
        shared = self._plan.arrangement.front is Front.PORT
        if not shared and number >= SLOTS:
            self._wait_for(self._instances[number - SLOTS])
        port = self._ports[0 if shared else number % SLOTS]
        instance = Instance(
            self._plan.server, self._plan.environment, f"i{number}", port, self._folder,
            shim=self._plan.shim, shares=shared,
        )  # fmt: skip
        self._instances.append(instance)
        return instance

    def _starting(self) -> Future[Instance]:
        """The next instance, which comes up while the clients and the balancer go on."""
        return self._starter.submit(self._start_ready)

    def _start_ready(self) -> Instance:
        instance = self._start()
        instance.wait_until_ready()
        if self._balancer is not None:
            time.sleep(self._balancer.settle_s)
        return instance

    def _replace(self, old: Instance, *, is_last: bool) -> Instance:
        new = self._upcoming.result()
        stale_s = self._plan.arrangement.stale_s
        if stale_s:
            self._route(old, new)
        else:
            self._route(new)
        self._signals.append(time.monotonic())
        old.terminate()
        if not is_last:
            self._upcoming = self._starting()
        if stale_s:
            time.sleep(stale_s)
            self._route(new)
        return new

    def _route(self, *instances: Instance) -> None:
        if self._balancer is not None:
            self._balancer.route(*(self._instances.index(instance) % SLOTS for instance in instances))

    def _reload(self, instance: Instance, *, is_last: bool) -> Instance:
        said = self._plan.server.reloaded or ""
        before = instance.log.read_text(errors="replace").count(said) if said else 0
        workers = _workers(instance)
        self._signals.append(time.monotonic())
        instance.signal(signal.SIGHUP)
        until = time.monotonic() + RELOADED_WITHIN_S
        while time.monotonic() < until:
            time.sleep(PAUSE_S)
            if said and instance.log.read_text(errors="replace").count(said) > before:
                return instance
            if not said and not workers & _workers(instance):
                return instance
        self._not_reloaded += 1
        return instance

    def _wait_for_endings(self) -> None:
        for instance in self._instances:
            if instance.signalled_at and self._plan.arrangement.front is not Front.RELOAD:
                self._wait_for(instance)

    def _wait_for(self, instance: Instance) -> None:
        until = instance.signalled_at + KILLED_AFTER_S + 10
        while instance.ending is None and time.monotonic() < until:
            time.sleep(PAUSE_S)

    def _kill_all(self) -> None:
        for instance in self._instances:
            instance.kill()


def _workers(instance: Instance) -> set[int]:
    """Every process below it, but the one of Python's own that lives as long as its parent."""
    return {process.pid for process in procfs.tree(instance.pid) if b"resource_tracker" not in _command(process.pid)}


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _keep_logs(folder: Path, target: Path) -> None:
    """Logs and configurations; not the sockets and folders beside them."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, target)
