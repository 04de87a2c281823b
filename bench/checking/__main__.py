"""`python -m bench.checking`: MB/s of layer bytes and peak memory of the static part, without and with scanners.

Layer bytes are those of the layers' files, unpacked. The median of several rounds counts, the start of the scanners
included; Python keeps its compiled modules, as where the package is installed. The targets: 300 MB/s, less than
200 MB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.checking.subjects import KINDS, MB, make

TARGET_MB_S, TARGET_MEMORY_MB = 300, 200
_LONGEST_S = 600


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench.checking", description=__doc__)
    parser.add_argument("layouts", nargs="*", type=Path, help="layouts to measure with, instead of made ones")
    parser.add_argument("--size", type=int, default=300, help="megabytes of a made image")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where the figures go, too")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    print(f"{'subject':<28}{'scanners':<10}{'MB/s':>7}{'packed MB/s':>13}{'peak MB':>9}")
    with tempfile.TemporaryDirectory(prefix="bench-checking-") as scratch:
        for name, layout in _subjects(options.layouts, Path(scratch), options.size * MB):
            for scans in (False, True):
                runs = sorted((_once(layout, scans) for _ in range(options.rounds)), key=lambda one: one["seconds"])
                median = runs[len(runs) // 2]
                figures[f"{name}{', scanned' if scans else ''}"] = median
                print(_row(name, scans, median))
    if options.json is not None:
        options.json.write_text(json.dumps({"cores": os.cpu_count(), "figures": figures}, indent=2) + "\n")
    slow = [name for name, one in figures.items() if _rate(one) < TARGET_MB_S]
    large = [name for name, one in figures.items() if one["peak_mb"] >= TARGET_MEMORY_MB]
    print(f"below {TARGET_MB_S} MB/s: {', '.join(slow) or 'none'}")
    print(f"{TARGET_MEMORY_MB} MB or more: {', '.join(large) or 'none'}")
    return 1 if slow or large else 0


def _subjects(layouts: list[Path], scratch: Path, size: int) -> list[tuple[str, Path]]:
    if layouts:
        return [(layout.name, layout) for layout in layouts]
    made = []
    for number, kind in enumerate(KINDS):
        folder = scratch / str(number)
        make(folder, kind, size)
        made.append((kind, folder))
    return made


def _once(layout: Path, scans: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.checking.static", str(layout), *(["--scanners"] if scans else [])]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=_LONGEST_S)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _rate(one: dict[str, float]) -> float:
    return one["unpacked"] / MB / one["seconds"]


def _row(name: str, scans: bool, one: dict[str, float]) -> str:
    rates = (_rate(one), one["packed"] / MB / one["seconds"], one["peak_mb"])
    figures = "".join(f"{figure:>{width}.0f}" for figure, width in zip(rates, (7, 13, 9), strict=True))
    return f"{name:<28}{'all' if scans else 'none':<10}{figures}"


if __name__ == "__main__":
    sys.exit(main())
