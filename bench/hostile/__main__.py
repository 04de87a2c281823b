"""The command `make bench-hostile`: does the memory of a server stay flat over an hour's worth of hostile requests?

Prints and writes the sizes (resident, all processes) at the start and after each twelfth. Exit code 1 where the largest
of the last three is more than 5 % above the largest of the first three, or a client got a wrong answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop
from tests.e2e.serving_process import ServingProcess, write_package

from bench.hostile import workload
from bench.hostile.memory import resident_mib
from bench.hostile.package import CONFIG, MODEL

HOUR = 360_000  # requests at 100 a second
PARTS = 12
WARM_UP = 3  # parts
TOLERANCE = 0.05
SETTLED_S = 3.0  # connections that were broken are noticed within this


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench.hostile", description=__doc__)
    parser.add_argument("--requests", type=int, default=HOUR)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--placement", default="auto")
    parser.add_argument("--result", type=Path, default=Path("bench/results/hostile-latest.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = write_package(Path(folder) / "package", CONFIG, MODEL)
        with ServingProcess(package, "--workers", "2", "--placement", arguments.placement) as server:
            result = measure(server, arguments.requests, arguments.seed)
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.requests >= HOUR:
        arguments.result.write_text(text + "\n")
    return int(bool(result["failures"]) or result["growth"] > TOLERANCE)


def measure(server: ServingProcess, requests: int, seed: int) -> dict[str, Any]:
    """Parts of equal size; after each, with no client connected, how much memory the server has."""
    started, sizes = time.monotonic(), [resident_mib(server.pid)]
    kinds: Counter[str] = Counter()
    failures: list[str] = []
    for part in range(PARTS):
        done = uvloop.run(workload.run(server.port, requests // PARTS, seed + part))
        kinds += done.requests
        failures += done.failures
        time.sleep(SETTLED_S)
        sizes.append(resident_mib(server.pid))
        server.log.clear()  # the failures of the model, with their tracebacks
        print(f"{kinds.total():9,} requests, {sizes[-1]:.1f} MiB", flush=True)
    warm, last = max(sizes[1 : 1 + WARM_UP]), max(sizes[-WARM_UP:])
    return {
        "requests": kinds.total(),
        "seconds": round(time.monotonic() - started),
        "by_kind": dict(kinds.most_common()),
        "failures": failures,
        "sizes_mib": [round(size, 1) for size in sizes],
        "growth": round(last / warm - 1, 4),
    }


if __name__ == "__main__":
    sys.exit(main())
