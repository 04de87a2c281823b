"""The static part on real images: the example's passes everything, and memory stays below 200 MB whatever comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.checking.static_parts import failing, record_of

from hitless.checking.facts.seen import ConfigSeen, FilesSeen, ImageSeen
from hitless.checking.rule import Purpose
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

PROGRAM = Path(__file__).with_name("static_memory.py")
ROOT = Path(__file__).parents[3]


def test_the_example(mnist_layout: Path) -> None:
    image = read_image(LayoutSource(mnist_layout), "the example")
    record = record_of(image)
    for purpose in (Purpose.REALTIME, Purpose.HITLESS):
        assert failing(record, purpose) == []
    assert failing(record, Purpose.BATCH) == ["HL304"], "its base has neither Java nor zip"
    seen, files, config = record.first(ImageSeen), record.first(FilesSeen), record.first(ConfigSeen)
    assert seen is not None
    assert files is not None
    assert config is not None
    assert [layer.in_base for layer in seen.layers] == [True] + [False] * (len(seen.layers) - 1)
    assert files.forms["python3"] == files.forms["sh"] == image.platform.architecture
    assert config.where == "/opt/hitless/package/config.json"
    assert config.others == ()


@pytest.mark.parametrize("kind", ["files", "folders", "large", "configs"])
def test_memory(tmp_path: Path, kind: str) -> None:
    """All that a check takes for it, in both of its processes."""
    command = [sys.executable, str(PROGRAM), str(tmp_path), kind]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=environment)
    assert int(done.stdout) < 200
