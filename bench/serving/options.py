"""The options of the command line, and what they mean: which servers, which points, where the results go."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.serving import plan
from bench.serving.servers import SERVERS, Server, Size, named

BENCH = Path(__file__).parents[1]
WORK = BENCH / "made"


@dataclass(frozen=True)
class Options:
    plan: plan.Plan
    servers: tuple[Server, ...]
    large_model: Path | None
    output: Path


def parse(arguments: Sequence[str]) -> Options:
    """Options from the command line. A run of less than everything goes to bench/made, not to the committed results."""
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description="hitless and its peers, side by side")
    parser.add_argument("--rounds", type=int, help="how often each server is started and measured (5)")
    parser.add_argument("--seconds", type=int, help="of load on each point (3)")
    parser.add_argument("--servers", help=f"some of {','.join(server.name for server in SERVERS)}")
    parser.add_argument("--concurrency", help="some numbers of connections, such as 1,64")
    parser.add_argument("--size", choices=[*Size], help="only this model")
    parser.add_argument("--large-model", type=Path, help="an ONNX file in place of the one with random weights")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s at 1 and 64 connections: does it work?")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the order within the rounds")
    parser.add_argument("--output", type=Path, help="folder for the results")
    given = parser.parse_args(arguments)
    if any(number is not None and number < 1 for number in (given.rounds, given.seconds)):
        parser.error("--rounds and --seconds are 1 or more")
    try:
        servers = named(given.servers) if given.servers else SERVERS
        wanted = {int(number) for number in given.concurrency.split(",")} if given.concurrency else None
    except ValueError as error:
        parser.error(str(error))
    if given.quick and wanted is None:
        wanted = {1, 64}
    rounds = given.rounds or (1 if given.quick else 5)
    is_partial = bool(given.quick or given.servers or given.concurrency or given.size)
    planned = plan.Plan(
        rounds=rounds,
        seconds=given.seconds or (1 if given.quick else 3),
        starts=rounds if given.quick else max(rounds, plan.STARTS),
        seed=given.seed,
        jobs=plan.jobs(servers, plan.connections(wanted, given.size)),
    )
    output = given.output or (WORK / "results" if is_partial else BENCH / "results")
    return Options(planned, servers, given.large_model, output)
