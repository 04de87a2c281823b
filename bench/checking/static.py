"""One measurement in a process of its own: looks at a layout, and prints seconds, bytes and memory as JSON.

python -m bench.checking.static LAYOUT [--scanners]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from hitless.checking.facts.looking import Wishes, look
from hitless.checking.facts.seen import Finding, ImageSeen, ScannerSeen
from hitless.checking.scanning.apart import Apart
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image


class Measured(Apart):
    """Scanners, whose process tells its peak."""

    peak_mb = 0.0

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        self.peak_mb = peak_mb(self.pid)
        return super().finish()


def main(layout: Path, *, scans: bool) -> dict[str, float]:
    """`seconds`: the start of the scanners among them. `unpacked`, `packed`: bytes. `peak_mb`: of both processes."""
    wall = time.perf_counter()
    scanners = [Measured(clamav=False)] if scans else []
    image = read_image(LayoutSource(layout), str(layout))
    seen = next(one for one in list(look(image, Wishes(scanners=scanners))) if isinstance(one, ImageSeen))
    wall = time.perf_counter() - wall
    peak = peak_mb() + sum(one.peak_mb for one in scanners)
    for one in scanners:
        one.close()
    return {"seconds": wall, "unpacked": seen.unpacked, "packed": seen.transferred, "peak_mb": peak}


def peak_mb(pid: int | str = "self") -> float:
    # VmHWM, and not ru_maxrss: that one is inherited from the process that started this one (getrusage(2)).
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), scans="--scanners" in sys.argv[2:])))
