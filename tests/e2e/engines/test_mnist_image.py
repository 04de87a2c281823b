"""The image of the example, run for real: answered, as whoever it is started, and stopped without losing a request."""

from __future__ import annotations

import dataclasses
import json
import signal
from pathlib import Path

import pytest
from tests.e2e.engines.lab import Lab
from tests.e2e.engines.load import Load
from tests.e2e.engines.ready import answered

from hitless.engines.containers import ContainerEngine
from hitless.engines.running import Start, started

LEAVES_SOON = {"HITLESS_LINGER": "quiet", "HITLESS_QUIET": "2"}
ANSWERS = 50  # before SIGTERM, and after it
ENDS_WITHIN_S = 90.0  # EXIT-4
CLIENTS = 4

WAYS = {
    "as-it-is": Start(""),
    "as-root": Start("", user="0:0"),
    "as-1000-100": Start("", user="1000:100"),
    "read-only": Start("", read_only=True, writable=("/tmp",)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_it_answers_and_stops_under_load(
    engine: ContainerEngine, mnist: str, lab: Lab, mnist_example: Path, way: Start
) -> None:
    seven = mnist_example / "seven.jpg"
    start = dataclasses.replace(way, subject=mnist, environment=LEAVES_SOON)
    with started(engine, start) as instance:
        answer = answered(instance, "--form", f"images=@{seven}", within=lab.command())
        assert json.loads(answer) == {"mnist_result": 7}
        with Load(lab.pid, instance.address().url, seven.read_bytes()).by(CLIENTS) as load:
            load.wait_for(ANSWERS)
            instance.signal(signal.SIGTERM)
            load.wait_for(len(load.answers) + ANSWERS)
            assert instance.wait(0) is None, instance.logs()
        assert load.failures == []
        assert set(load.answers) == {(200, '{"mnist_result":7}')}
        assert instance.wait(ENDS_WITHIN_S) == 0, instance.logs()
        assert '"level":"error"' not in instance.logs()
