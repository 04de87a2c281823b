"""Run as a program: puts images into a layout, each under a tag of its own, one after the other.

python tagging.py LAYOUT NAME COUNT
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.unit.images.samples import small_image

from hitless.images.layout import write_layout


def main(layout: Path, name: str, count: int) -> None:
    sys.stdin.read()  # all at once
    for number in range(count):
        write_layout(layout, {f"{name}-{number}": small_image(text=f"{name} {number}".encode())})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
