"""Replacement under load, the short version of `make bench-rollout`: not one request is lost behind any balancer.

Each row runs the bench in a process of its own, which ends all that it started.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.serving_process import DIES_WITH_US

ROOT = Path(__file__).parents[2]
REPLACEMENTS = 3
RATE = 300  # requests a second, for other tests run beside these
ENDED_WITHIN_S = 180.0
WITHOUT_LINGER = """
import dataclasses
from bench.rollout import arrangements, rollout, servers
from bench.serving import environments, processes

processes.adopt_orphans()
try:
    (ours,) = servers.named(servers.OURS)
    command = ours.command.replace(f"--linger {servers.LINGER_S}", "--linger 0")
    assert command != ours.command
    mutant = dataclasses.replace(ours, command=command)
    (stale,) = arrangements.named("haproxy-stale")
    done = rollout.run(rollout.Plan(stale, mutant, environments.own(), 1, 300, 1), lambda text: None)
    print(done.tally["failed"])
finally:
    processes.end_all()
"""
EXITED_WITHIN_S = 6.0  # the deadline that the bench sets


@pytest.mark.parametrize(
    ("arrangement", "needs"),
    [
        pytest.param("haproxy-told", "haproxy", id="haproxy is told before the signal"),
        pytest.param("haproxy-stale", "haproxy", id="haproxy goes on sending for 2 s"),
        pytest.param("nginx-told", "nginx", id="nginx is told before the signal"),
        pytest.param("caddy-told", "caddy", id="caddy is told before the signal"),
        pytest.param("port", None, id="old and new share the port"),
        pytest.param("reload", None, id="in place by SIGHUP"),
    ],
)
def test_no_request_is_lost(arrangement: str, needs: str | None, tmp_path: Path) -> None:
    if needs is not None and shutil.which(needs) is None:
        pytest.skip(f"{needs} is not installed")
    command = [
        *DIES_WITH_US,
        sys.executable,
        "-m",
        "bench.rollout",
        "--servers",
        "hitless",
        "--arrangement",
        arrangement,
    ]
    command += ["--replacements", str(REPLACEMENTS), "--rate", str(RATE), "--no-probes", "--no-plot"]
    ended = subprocess.run(
        [*command, "--output", tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=ENDED_WITHIN_S
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    document = json.loads((tmp_path / "rollout-latest.json").read_text())
    (line,), (run,) = document["summary"], document["runs"]
    assert line["failed"] == 0, run["tally"]["failures"]
    assert line["requests"] > 100
    assert line["replacements"] == REPLACEMENTS
    assert line["not_reloaded"] == 0
    if arrangement != "reload":
        assert [ending["code"] for ending in run["endings"]] == [0] * REPLACEMENTS
        assert all(ending["after_s"] < EXITED_WITHIN_S for ending in run["endings"]), run["endings"]


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_a_server_that_does_not_linger_is_found_out() -> None:
    """The judge is judged: hitless with `--linger 0`, behind a balancer that goes on sending."""
    command = [*DIES_WITH_US, sys.executable, "-c", WITHOUT_LINGER]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=ENDED_WITHIN_S)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert int(ended.stdout) > 0
