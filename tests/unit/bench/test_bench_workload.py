"""What the servers get and run on: the request, the environments, the bare loop beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench.serving import environments, workload
from bench.serving.limit import Limit, together


@pytest.mark.parametrize(
    ("uv", "programs"),
    [
        pytest.param("/usr/bin/uv", ["/usr/bin/uv"] * 2, id="uv"),
        pytest.param(None, [sys.executable, "v/bin/python"], id="pip"),
    ],
)
def test_environment_is_made_in_two_steps_from_the_requirements(uv: str | None, programs: list[str]) -> None:
    steps = environments.steps(Path("v"), Path("pins.txt"), uv)

    assert [step[0] for step in steps] == programs
    assert steps[0][-1] == "v"
    assert steps[1][-2:] == ["-r", "pins.txt"]


def test_body_is_what_curl_sends() -> None:
    body = workload.multipart(b"\xff\xd8 a picture")

    assert body.startswith(b"--" + workload.BOUNDARY.encode() + b"\r\n")
    assert b'\r\nContent-Disposition: form-data; name="images"; filename="seven.jpg"\r\n' in body
    assert body.endswith(b"\r\n\r\n\xff\xd8 a picture\r\n--" + workload.BOUNDARY.encode() + b"--\r\n")


def test_limit_of_two_processes_adds_rates_and_averages_cpu() -> None:
    figures = [
        {"pictures": 3000.0, "wall_s": 1.5, "cpu_s": 0.3},
        {"pictures": 1000.0, "wall_s": 2.0, "cpu_s": 0.1},
    ]
    assert together(figures) == Limit(processes=2, per_s=2500.0, cpu_us=100.0)
