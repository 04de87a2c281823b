"""One measurement in a process of its own: looks at a layout, and prints seconds, bytes and memory as JSON.

python -m bench.checking.static LAYOUT [--scanners]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from hitless.checking.facts.looking import Wishes, look
from hitless.checking.facts.scanner import Scanner
from hitless.checking.facts.seen import ImageSeen
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image


def main(layout: Path, *, scans: bool) -> dict[str, float]:
    """`unpacked`, `packed`: bytes. `peak_mb`: of the whole process."""
    scanners: tuple[Scanner, ...] = ()
    if scans:
        from hitless.checking import scanning

        scanners = tuple(scanning.scanners(clamav=False))
    image = read_image(LayoutSource(layout), str(layout))
    wall, cpu = time.perf_counter(), time.process_time()
    seen = next(one for one in list(look(image, Wishes(scanners=scanners))) if isinstance(one, ImageSeen))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"seconds": wall, "cpu_s": cpu, "unpacked": seen.unpacked, "packed": seen.transferred, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    # VmHWM, and not ru_maxrss: that one is inherited from the process that started this one (getrusage(2)).
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), scans="--scanners" in sys.argv[2:])))
