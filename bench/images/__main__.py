"""The command `make bench-images`: how fast an image is built and pushed, and whether it is always the same.

Needs root, mmdebstrap, docker-registry and skopeo; buildah and podman for the comparison.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.images.real_registry import RealRegistry

from bench.images.builders import available
from bench.images.command import FailedError, run
from bench.images.large import Cut, Large, cut, large
from bench.images.rounds import Point, measure
from bench.images.sameness import compare
from bench.images.summary import lines, targets
from bench.images.tables import text
from bench.images.workshop import ROOT, Workshop, names_of_packages
from bench.serving import machine
from bench.serving.environments import EnvironmentFailedError, ready
from bench.serving.results import write
from hitless.building.keys import MARK
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

RESULTS = ROOT / "bench" / "results" / "images-latest.json"


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench.images", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--builders", default="", help="such as hitless,podman; else all that are there")
    parser.add_argument("--weights", type=int, default=4_000, help="megabytes of the large layer; 0: not")
    parser.add_argument("--result", type=Path, default=RESULTS)
    parser.add_argument("--folder", type=Path, help="where to work; it is kept, and used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-images-") as scratch:
        workshop = Workshop(options.folder or Path(scratch))
        workshop.folder.mkdir(parents=True, exist_ok=True)
        try:
            document = _measured(workshop, options)
        except FailedError as error:
            print(error, file=sys.stderr)
            return 3
    shown = document.pop("text")
    write(document, options.result)
    options.result.with_suffix(".txt").write_text(shown)
    print(shown)
    _plot(options.result)
    return 0


def _measured(workshop: Workshop, options: argparse.Namespace) -> dict[str, Any]:
    load = machine.load_average()
    if not workshop.base.exists():
        _say("making the base and fetching wheels")
        workshop.prepare()
    wanted = set(options.builders.split(",")) - {""}
    builders = [one for one in available(workshop) if not wanted or one.name in wanted]
    points = list(measure(workshop, builders, options.rounds, _say))
    _say("the same digest everywhere")
    digests = dict(compare(workshop))
    heavy, broken = _large(workshop, options.weights * 1_000_000)
    found = lines(points)
    unpacked = _unpacked(workshop)
    reached = targets(found, sum(unpacked.values()), heavy, broken, digests)
    return {
        "format": 1,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine.describe(),
        "load_before": load,
        "method": {
            "rounds": options.rounds,
            "builders": {one.name: _version(one.name) for one in builders if one.name != "hitless"},
            "packages": names_of_packages(workshop.folder / "first" / "mnist"),
        },
        "layers_unpacked": unpacked,
        "digests": digests,
        "large": dataclasses.asdict(heavy) if heavy else None,
        "cut": dataclasses.asdict(broken) | {"again": broken.again} if broken else None,
        "targets": [dataclasses.asdict(one) for one in reached],
        "summary": [dataclasses.asdict(one) for one in found],
        "points": [dataclasses.asdict(one) for one in _plain(points)],
        "text": text(found, reached, digests, load),
    }


def _plain(points: list[Point]) -> list[Point]:
    return [
        dataclasses.replace(point, seconds=round(point.seconds, 3), cpu_s=round(point.cpu_s, 3)) for point in points
    ]


def _large(workshop: Workshop, weights: int) -> tuple[Large | None, Cut | None]:
    if not weights:
        return None, None
    _say("a layer of gigabytes")
    data = workshop.folder / "registry-large"
    shutil.rmtree(data, ignore_errors=True)
    with RealRegistry(data) as registry:
        heavy = large(workshop, weights, f"{registry.host}/bench/large:v1")
    shutil.rmtree(data)
    _say("a push that is cut off five times")
    return heavy, cut(workshop, 400_000_000)


def _unpacked(workshop: Workshop) -> Mapping[str, int]:
    """Bytes of each layer of ours in the example's image."""
    image = read_image(LayoutSource(workshop.folder / "first-image"), "the image")
    entries = (entry for entry in image.configuration.history if str(entry.get("comment", "")).startswith(MARK))
    return {str(one["created_by"]).rpartition(": ")[2]: int(str(one["comment"]).rpartition(":")[2]) for one in entries}


def _version(program: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+", run([program, "--version"]).output)
    return found[0] if found else ""


def _plot(result: Path) -> None:
    """Without matplotlib the figures stand without it."""
    try:
        python = ready("plot", ROOT / "bench" / "requirements.txt", _say).python
        command = [python, Path(__file__).with_name("plot.py"), result]
        pictures = [result.with_suffix(suffix) for suffix in (".png", ".svg")]
        subprocess.run([*command, *pictures], check=True, capture_output=True, text=True)
    except (OSError, EnvironmentFailedError, subprocess.CalledProcessError) as error:
        print(f"no plot: {getattr(error, 'stderr', '') or error}", file=sys.stderr)


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
