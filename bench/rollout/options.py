"""The options of the command line, and what they mean: which runs, how many replacements, where the results go."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rollout import arrangements, servers
from bench.rollout.arrangements import ARRANGEMENTS, FOR_PEERS, Arrangement, Front
from bench.rollout.servers import OURS, Server

BENCH = Path(__file__).parents[1]
WORK = BENCH / "made" / "rollout"
FULL, FOR_A_PEER, QUICK = 100, 10, 3


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    server: Server
    arrangement: Arrangement
    replacements: int
    rate: float

    @property
    def needs_shim(self) -> bool:
        return self.arrangement.front is Front.PORT and not self.server.sharing


@dataclass(frozen=True)
class Options:
    jobs: tuple[Job, ...]
    servers: tuple[Server, ...]
    probes: bool
    plot: bool
    seed: int
    output: Path


def parse(arguments: Sequence[str]) -> Options:
    """Options from the command line. A run of less than everything goes to bench/made, not to the committed results."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollout", description=__doc__)
    names = ",".join(one.name for one in ARRANGEMENTS)
    parser.add_argument("--servers", default="all", help="some of " + ",".join(s.name for s in servers.SERVERS)
                        + "; or all (the default), or peers")  # fmt: skip
    parser.add_argument("--arrangement", help=f"some of {names}; by default all for hitless, some for the peers")
    parser.add_argument("--replacements", type=int, help=f"in each run ({FULL} for hitless, {FOR_A_PEER} for a peer)")
    parser.add_argument("--rate", type=float, help="requests a second (1000; 250 for the peers)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} replacements: does it work?")
    parser.add_argument("--no-probes", action="store_true", help="leave out the look at idle and new connections")
    parser.add_argument("--no-plot", action="store_true", help="figures only")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the requests")
    parser.add_argument("--output", type=Path, help="folder for the results")
    given = parser.parse_args(arguments)
    if (given.replacements is not None and given.replacements < 1) or (given.rate is not None and given.rate <= 0):
        parser.error("--replacements and --rate are above 0")
    try:
        chosen = servers.named(given.servers)
        wanted = arrangements.named(given.arrangement) if given.arrangement else None
    except ValueError as error:
        parser.error(str(error))
    count = given.replacements or (QUICK if given.quick else None)
    made = tuple(
        Job(server, one, count or (FULL if server.name == OURS else FOR_A_PEER), given.rate or server.rate)
        for server in chosen
        for one in _arrangements(server, wanted)
    )
    partial = bool(count or wanted or given.rate or given.servers != "all")
    output = given.output or (WORK / "results" if partial else BENCH / "results")
    return Options(made, chosen, not given.no_probes, not given.no_plot, given.seed, output)


def _arrangements(server: Server, wanted: Sequence[Arrangement] | None) -> list[Arrangement]:
    usual = [one for one in ARRANGEMENTS if server.name == OURS or one.name in FOR_PEERS]
    chosen = usual if wanted is None else wanted
    return [one for one in chosen if one.front is not Front.RELOAD or server.reloaded is not None]
