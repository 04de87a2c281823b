"""A probe and its worst case; the default tables."""

from __future__ import annotations

import pytest

from hitless.spec.health import CONSOLE, DEFAULT_TABLES, V2, Probe

WORST_CASES = [
    ("console", Probe(), 67),
    ("ShowModel sample", Probe(initial_delay_s=12, period_s=5, failure_threshold=10), 57),
    ("ShowModel sample, readiness", Probe(initial_delay_s=12, period_s=5, failure_threshold=20), 107),
    ("v2", Probe(initial_delay_s=30, period_s=10, failure_threshold=3), 50),
    ("one try", Probe(initial_delay_s=0, period_s=5, failure_threshold=1), 0),
    (
        "Terraform EXEC sample",
        Probe("EXEC", url=None, command="echo 1", initial_delay_s=1, period_s=1, failure_threshold=2),
        2,
    ),
]


@pytest.mark.parametrize(("probe", "seconds"), [row[1:] for row in WORST_CASES], ids=[row[0] for row in WORST_CASES])
def test_worst_case_start(probe: Probe, seconds: int) -> None:
    """delay + (threshold − 1) × period: 12 + 11 × 5 = 67 s."""
    assert probe.worst_case_start_s == seconds


def test_default_tables() -> None:
    """5/12/12 is period, delay and failures of the console; 30/30/10/3 delay, timeout, period and failures of v2."""
    assert (CONSOLE.period_s, CONSOLE.initial_delay_s, CONSOLE.failure_threshold) == (5, 12, 12)
    assert (V2.initial_delay_s, V2.timeout_s, V2.period_s, V2.failure_threshold) == (30, 30, 10, 3)
    assert list(DEFAULT_TABLES) == ["console", "v2"]
    assert all(table.source for table in DEFAULT_TABLES.values())
