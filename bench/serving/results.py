"""A run as one JSON value: every raw figure, what was made of them, and all that is needed to judge or repeat it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.serving import summary, targets
from bench.serving.findings import Findings
from bench.serving.plan import LIMIT_S, WARM_UP_S, Plan
from bench.serving.sampling import NOISE_LIMIT_CORES
from bench.serving.servers import OURS, WORKERS, Server, Size

FORMAT = 1


def method(plan: Plan, wrk: str, body_bytes: int, parameters: Mapping[Size, int]) -> dict[str, Any]:
    """How it was measured; `parameters` of each model."""
    return {
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "warm_up_s": WARM_UP_S,
        "limit_s": LIMIT_S,
        "seed": plan.seed,
        "workers": WORKERS,
        "load": f"{wrk}, 1 thread, keep-alive, closed loop",
        "body_bytes": body_bytes,
        "model_parameters": dict(parameters),
        "noise_limit_cores": NOISE_LIMIT_CORES,
    }


def document(
    date: str,
    machine: Mapping[str, Any],
    how: Mapping[str, Any],
    servers: list[tuple[Server, dict[str, str]]],
    findings: Findings,
) -> dict[str, Any]:
    """`servers` with the versions of every package in their environments (empty: it could not be made)."""
    return {
        "format": FORMAT,
        "date": date,
        "machine": dict(machine),
        "method": dict(how),
        "servers": [
            {"name": server.name, "title": server.title, "command": server.command, "versions": versions}
            for server, versions in servers
        ],
        "targets": [dataclasses.asdict(target) | {"is_met": target.is_met} for target in targets.targets(findings)],
        "summary": [dataclasses.asdict(line) for line in summary.lines(findings, OURS, NOISE_LIMIT_CORES)],
        **dataclasses.asdict(findings),
    }


def write(document: Mapping[str, Any], target: Path) -> None:
    """One record a line where there are many: small, and a diff stays readable."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("{\n" + ",\n".join(parts) + "\n}\n")
