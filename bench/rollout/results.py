"""A whole bench as one JSON value: every count, every failure seen, and all that is needed to judge or repeat it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bench.rollout import load, summary
from bench.rollout.options import Job
from bench.rollout.rollout import Run
from bench.rollout.servers import DEADLINE_S, LINGER_S, WORKERS, Server

FORMAT = 1
_DECIMALS = 3


def method(seed: int, balancers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "seed": seed,
        "workers": WORKERS,
        "linger_s": LINGER_S,
        "deadline_s": DEADLINE_S,
        "pooled_clients": load.POOLED,
        "fresh_clients": load.FRESH,
        "balancers": dict(balancers),
    }


def run_record(job: Job, run: Run) -> dict[str, Any]:
    return {
        "server": job.server.name,
        "arrangement": job.arrangement.name,
        "rate": job.rate,
        "signals": [round(one, _DECIMALS) for one in run.signals],
        "endings": [{"after_s": round(one.after_s, _DECIMALS), "code": one.code} for one in run.endings],
        "not_reloaded": run.not_reloaded,
        "tally": run.tally,
    }


def document(
    date: str,
    machine: Mapping[str, Any],
    how: Mapping[str, Any],
    servers: Sequence[tuple[Server, Mapping[str, str]]],
    runs: Sequence[Mapping[str, Any]],
    probes: Mapping[str, Any],
    skipped: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """`servers` with the versions of their packages; `skipped`: what could not be measured, and why."""
    return {
        "format": FORMAT,
        "date": date,
        "machine": dict(machine),
        "method": dict(how),
        "servers": [
            {"name": server.name, "title": server.title, "times": server.times, "command": server.command}
            | {"versions": {name: versions[name] for name in server.packages if name in versions}}
            for server, versions in servers
        ],
        "summary": [dataclasses.asdict(summary.line(run)) for run in runs],
        "probes": [{"server": name, **seen} for name, seen in probes.items()],
        "skipped": [dict(one) for one in skipped],
        "runs": [dict(run) for run in runs],
    }
