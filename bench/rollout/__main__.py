"""The command `make bench-rollout`. Exit codes: 0 measured, 1 a request to hitless failed, 3 nothing was measured."""

from __future__ import annotations

import datetime
import io
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from bench.rollout import probe, results, shim, tables
from bench.rollout.balancers.balancer import BalancerFailedError
from bench.rollout.generator import LoadFailedError
from bench.rollout.instance import StartFailedError
from bench.rollout.options import BENCH, WORK, Job, Options, parse
from bench.rollout.rollout import Plan, run
from bench.rollout.servers import OURS, Server
from bench.serving import environments, machine, processes
from bench.serving.environments import Environment, EnvironmentFailedError
from bench.serving.findings import publishable
from bench.serving.results import write

HERE = Path(__file__).parent
TEXT_WIDTH = 170
PROGRESS_EVERY_S = 10.0
NAME = "rollout"
VERSIONS = {"haproxy": ("haproxy", "-v"), "nginx": ("nginx", "-v"), "caddy": ("caddy", "version")}
UNMEASURABLE = (BalancerFailedError, LoadFailedError, StartFailedError)


def main(arguments: Sequence[str]) -> int:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else TEXT_WIDTH)
    options = parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    processes.adopt_orphans()
    try:
        return Bench(console, options).run()
    except KeyboardInterrupt:
        console.print("[bold]interrupted[/]: everything that was started is ended, nothing is written")
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.end_all()


class Bench:
    """Every job, one after the other; what cannot be measured is said, and the rest goes on."""

    def __init__(self, console: Console, options: Options) -> None:
        self._console = console
        self._options = options
        self._shim = shim.build(WORK) if any(job.needs_shim for job in options.jobs) else None
        self._said_at = 0.0
        self._skipped: list[dict[str, str]] = []

    def run(self) -> int:
        options = self._options
        made = {server.name: one for server in options.servers if (one := self._environment(server)) is not None}
        runs = [done for job in options.jobs if job.server.name in made and (done := self._job(job, made)) is not None]
        seen: dict[str, Any] = {}
        for server in options.servers if options.probes else ():
            if server.name in made:
                self._console.print(f"{server.name}: idle and new connections after SIGTERM")
                self._try(server.name, "probe", lambda server=server: seen.update(
                    {server.name: probe.look(server, made[server.name])}))  # fmt: skip
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        how = results.method(options.seed, {name: _version(command) for name, command in VERSIONS.items()})
        versions = [(server, made[server.name].versions() if server.name in made else {}) for server in options.servers]
        document = results.document(date, machine.describe(), how, versions, runs, seen, self._skipped)
        self._save(document)
        if not runs and not seen:
            return 3
        return int(any(line["failed"] for line in document["summary"] if line["server"] == OURS))

    def _environment(self, server: Server) -> Environment | None:
        if server.environment is None:
            return environments.own()
        ours = HERE / "peers" / server.environment / "requirements.txt"
        shared = BENCH / "serving" / "peers" / server.environment / "requirements.txt"
        try:
            return self._ready(server.environment, ours if ours.exists() else shared)
        except EnvironmentFailedError as error:
            self._skip(server.name, "all", str(error))
            return None

    def _ready(self, name: str, requirements: Path) -> Environment:
        with self._console.status(f"{name}: environment") as status:
            return environments.ready(name, requirements, lambda line: status.update(escape(line)))

    def _job(self, job: Job, made: dict[str, Environment]) -> dict[str, Any] | None:
        logs = WORK / f"{job.server.name}-{job.arrangement.name}"
        environment = made[job.server.name]
        plan = Plan(
            job.arrangement, job.server, environment, job.replacements, job.rate, self._options.seed, self._shim, logs
        )
        self._said_at = 0.0
        done: dict[str, Any] | None = None

        def measure() -> None:
            nonlocal done
            done = results.run_record(job, run(plan, self._progress))

        self._try(job.server.name, job.arrangement.name, measure)
        if done is not None:
            tally = done["tally"]
            words = f"{tally['failed']:,} of {tally['requests']:,} failed {tally['counts'] if tally['failed'] else ''}"
            self._console.print(f"{job.server.name}, {job.arrangement.name}: [bold]{words}[/]", soft_wrap=True)
        return done

    def _try(self, server: str, arrangement: str, do: Any) -> None:
        try:
            do()
        except UNMEASURABLE as error:
            self._skip(server, arrangement, str(error))

    def _skip(self, server: str, arrangement: str, reason: str) -> None:
        self._skipped.append({"server": server, "arrangement": arrangement, "reason": publishable(reason)[-600:]})
        self._console.print(f"{server}, {arrangement}: not measured: {reason}", markup=False, soft_wrap=True)

    def _progress(self, text: str) -> None:
        if time.monotonic() - self._said_at > PROGRESS_EVERY_S:
            self._said_at = time.monotonic()
            self._console.print(text, soft_wrap=True)

    def _save(self, document: dict[str, Any]) -> None:
        """The JSON under its date and as the latest, the tables as text, and the plot."""
        output = self._options.output
        output.mkdir(parents=True, exist_ok=True)
        text = io.StringIO()
        for target in (self._console, Console(file=text, width=TEXT_WIDTH)):
            tables.show(target, document)
        lines = (line.rstrip() for line in text.getvalue().splitlines())
        (output / f"{NAME}-latest.txt").write_text("\n".join(lines) + "\n")
        dated = output / f"{NAME}-{document['date'][:10]}.json"
        write(document, dated)
        latest = output / f"{NAME}-latest.json"
        latest.unlink(missing_ok=True)
        latest.symlink_to(dated.name)
        if document["summary"] and self._options.plot:
            self._draw(latest)
        self._console.print(f"written: {dated} and {NAME}-latest.* beside it", soft_wrap=True)

    def _draw(self, latest: Path) -> None:
        """Without matplotlib the figures stand without a plot."""
        try:
            python = self._ready("plot", BENCH / "requirements.txt").python
            command = [python, HERE / "plot.py", latest, latest.with_suffix(".png"), latest.with_suffix(".svg")]
            subprocess.run(command, check=True, capture_output=True, text=True)
        except EnvironmentFailedError as error:
            self._console.print(f"no plot: {error}", markup=False)
        except subprocess.CalledProcessError as error:
            self._console.print(f"no plot: {error.stderr}", markup=False)


def _version(command: Sequence[str]) -> str:
    """The first number in what a balancer says of itself; empty where it is missing."""
    if shutil.which(command[0]) is None:
        return ""
    shown = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"\d+(\.\d+)+", shown.stdout + shown.stderr)
    return found[0] if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
