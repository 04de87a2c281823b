"""Every cell of the table (cells.py): placed exactly, not met by luck."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.hitless.cells import Cell, cells, rows
from tests.hitless.events import EVENTS, Scene
from tests.hitless.instance import Instance
from tests.hitless.package import stopping
from tests.hitless.steps import STEPS


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_cell(tmp_path: Path, cell: Cell) -> None:
    step, event = cell.step, cell.event
    if step.protocol == "https" and shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    package = stopping(tmp_path / "package", protocol=step.protocol)
    arguments = ("--workers", str(event.workers), "--placement", step.placement, *event.arguments)
    with Instance(package, *arguments, protocol=step.protocol) as instance:
        rest = step.script(instance)
        scene = Scene(instance, step, next(rest), rest, cell.expected)
        assert event.run(scene) == cell.expected.word, cell.expected.meaning


def test_the_table_is_complete() -> None:
    (_, *columns), *lines = rows()
    assert set(columns) == set(EVENTS)
    assert {line[0] for line in lines} == set(STEPS)
