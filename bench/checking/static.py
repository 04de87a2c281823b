"""One measurement in a process of its own: looks at a layout, and prints seconds, bytes and memory as JSON.

python -m bench.checking.static LAYOUT [--scanners]
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from pathlib import Path

from hitless.checking.facts.looking import Wishes, look
from hitless.checking.facts.seen import ImageSeen
from hitless.checking.scanning.apart import Apart
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

_EVERY_S = 0.005


class Measured(Apart):
    """Scanners, whose process is watched until it has ended. `peak_mb`: of that."""

    peak_mb = 0.0

    def __init__(self, *, clamav: bool = True) -> None:
        super().__init__(clamav=clamav)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        with contextlib.suppress(OSError, StopIteration):  # it is gone, or all but gone
            while True:
                self.peak_mb = peak_mb(self.pid)
                time.sleep(_EVERY_S)


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
