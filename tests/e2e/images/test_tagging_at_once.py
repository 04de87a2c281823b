"""Several processes put images into one layout at the same time: none loses the tags of another."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.validate import validate

PROGRAM = Path(__file__).with_name("tagging.py")
ENDED_WITHIN_S = 120.0
NAMES = ("first", "second", "third", "fourth")
COUNT = 12


def test_all_tags_are_there(repository: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(PROGRAM), str(layout), name, str(COUNT)],
                    stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
                )
            )
            for name in NAMES
        ]  # fmt: skip
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        said = [process.communicate(timeout=ENDED_WITHIN_S)[1] for process in processes]
    assert [(process.returncode, words) for process, words in zip(processes, said, strict=True)] == [(0, "")] * 4
    images = {
        tag: read_image(LayoutSource(layout, tag), tag)
        for tag in (f"{name}-{number}" for name in NAMES for number in range(COUNT))
    }
    assert len({image.digest for image in images.values()}) == len(images)
    assert all(validate(image) == [] for image in images.values())
    assert {path.name for path in layout.iterdir()} == {"blobs", "index.json", "oci-layout"}
