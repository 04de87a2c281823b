"""The command `make bench`: makes ready, runs, shows, writes. Exit codes: 3 nothing could be measured, 130 Ctrl-C."""

from __future__ import annotations

import datetime
import io
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bench.serving import environments, load, machine, plan, processes, results, tables, workload
from bench.serving.environments import Environment, EnvironmentFailedError
from bench.serving.findings import Failure, Findings, publishable
from bench.serving.options import BENCH, WORK, Options, parse
from bench.serving.rounds import Bench
from bench.serving.servers import Server
from bench.serving.targets import targets
from bench.serving.workload import HERE, PEERS

BUSY_LOAD = 0.5
TEXT_WIDTH = 120
PLOT = "plot"


def main(arguments: Sequence[str]) -> int:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else TEXT_WIDTH)
    options = parse(arguments)
    wrk = load.version()
    if wrk is None:
        console.print("wrk is missing; it is the load generator. On Debian and Ubuntu: apt-get install wrk")
        return 3
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT too: a shell ignores it in background jobs
        signal.signal(number, signal.default_int_handler)
    processes.adopt_orphans()
    try:
        return bench(console, options, wrk)
    except KeyboardInterrupt:
        console.print("[bold]interrupted[/]: everything that was started is ended, nothing is written")
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.end_all()


def bench(console: Console, options: Options, wrk: str) -> int:
    announce(console, options.plan)
    findings = Findings()
    material = workload.prepare(WORK, options.large_model)
    made = make_environments(console, options.servers, findings)
    with console.status("measuring"):
        Bench(options.plan, material, made, WORK, partial(console.print, markup=False, soft_wrap=True), findings).run()
    versions = [(server, made[server.name].versions() if server.name in made else {}) for server in options.servers]
    how = results.method(
        options.plan,
        wrk,
        material.body.stat().st_size,
        material.parameters,
    )
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    document = results.document(date, machine.describe(), how, versions, findings)
    options.output.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    for target in (console, Console(file=text, width=TEXT_WIDTH)):
        tables.show_setting(target, document["machine"], how)
        tables.show_versions(target, versions)
        tables.show(target, findings, options.servers, targets(findings))
    lines = (line.rstrip() for line in text.getvalue().splitlines())
    (options.output / "serving-latest.txt").write_text("\n".join(lines) + "\n")
    save(console, document, options.output)
    return 0 if findings.points else 3


def make_environments(console: Console, servers: Sequence[Server], findings: Findings) -> dict[str, Environment]:
    """By server name; one that cannot be made is reported and the rest goes on."""
    made = {}
    for server in servers:
        try:
            made[server.name] = environments.own() if server.environment is None else ready(console, server.environment)
        except EnvironmentFailedError as error:
            findings.failures.append(Failure(server.name, None, 0, publishable(str(error))))
            console.print(f"{server.title} cannot be set up: {error}", markup=False)
    return made


def ready(console: Console, name: str) -> Environment:
    """The environment of a peer, or that of the plot; its making is shown."""
    requirements = BENCH / "requirements.txt" if name == PLOT else PEERS / name / "requirements.txt"
    with console.status(f"{name}: environment") as status:
        return environments.ready(name, requirements, lambda line: status.update(escape(line)))


def announce(console: Console, planned: plan.Plan) -> None:
    minutes = planned.seconds_in_all() / 60
    console.print(
        f"about {minutes:.0f} minutes, and the first time some more for the peers' environments: "
        f"{planned.rounds} rounds, seed {planned.seed}"
    )
    busy = machine.load_average()
    if busy > BUSY_LOAD:
        console.print(f"[yellow]load average {busy:.1f}[/]: something else runs on this machine and will disturb it")


def save(console: Console, document: dict[str, object], output: Path) -> None:
    """The JSON under its date and as the latest, and the plot of it."""
    dated = output / f"serving-{str(document['date'])[:10]}.json"
    results.write(document, dated)
    latest = output / "serving-latest.json"
    latest.unlink(missing_ok=True)
    latest.symlink_to(dated.name)
    if document["points"]:
        draw(console, latest)
    console.print(f"written: {dated} and serving-latest.* beside it", soft_wrap=True)


def draw(console: Console, run: Path) -> None:
    """The plot beside the JSON; without matplotlib the figures stand without it."""
    try:
        command = [ready(console, PLOT).python, HERE / "plot.py", run, run.with_suffix(".png"), run.with_suffix(".svg")]
        subprocess.run(command, check=True, capture_output=True, text=True)
    except EnvironmentFailedError as error:
        console.print(f"no plot: {error}", markup=False)
    except subprocess.CalledProcessError as error:
        console.print(f"no plot: {error.stderr}", markup=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
