"""The in-process limit: decode → batch of 32 → model in a bare loop, without HTTP, in one or several processes.

As a program (`python -m bench.serving.limit MODEL PICTURE SECONDS`) it is one of these processes: it loads, prints a
line, waits for one, runs, and prints its figures as JSON. `measure` runs several of them at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

BATCH = 32
SIDE = 28


@dataclass(frozen=True)
class Limit:
    """`cpu_us` of CPU per picture; `per_s` pictures per second of all processes together."""

    processes: int
    per_s: float
    cpu_us: float


def measure(model: Path, picture: Path, seconds: float, processes: int) -> Limit:
    command = [sys.executable, "-m", "bench.serving.limit", str(model), str(picture), str(seconds)]
    running = [
        subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is loaded
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return together([json.loads(process.communicate()[0]) for process in running])


def together(figures: list[dict[str, float]]) -> Limit:
    """The sum over processes that ran at the same time."""
    pictures = sum(one["pictures"] for one in figures)
    return Limit(
        processes=len(figures),
        per_s=sum(one["pictures"] / one["wall_s"] for one in figures),
        cpu_us=sum(one["cpu_s"] for one in figures) / pictures * 1e6,
    )


def loop(model: Path, picture: bytes, seconds: float) -> dict[str, float]:
    """As tight as Python allows: the JPEG straight into the batch, one call of the model, the replies' bytes."""
    import numpy as np
    import onnxruntime
    from simplejpeg import decode_jpeg

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    batch = np.zeros((BATCH, SIDE, SIDE), np.uint8)

    def once() -> list[bytes]:
        for row in batch:
            decode_jpeg(picture, "GRAY", buffer=row)
        [digits] = session.run(["digits"], {"images": batch})
        return [b'{"mnist_result": %d}' % digit for digit in digits.tolist()]

    for _ in range(20):
        once()
    print("loaded", flush=True)
    sys.stdin.readline()
    pictures, begin, cpu_begin = 0, time.perf_counter(), time.process_time()
    while (wall_s := time.perf_counter() - begin) < seconds:
        once()
        pictures += BATCH
    return {"pictures": pictures, "wall_s": wall_s, "cpu_s": time.process_time() - cpu_begin}


if __name__ == "__main__":
    print(json.dumps(loop(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), float(sys.argv[3]))))
