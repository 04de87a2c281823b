"""The texts under /proc into numbers, and the sums over a tree."""

from __future__ import annotations

import pytest
from bench.serving import procfs
from bench.serving.procfs import Cores, Process

TICKS = procfs.TICKS_PER_S

# pid (name) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime priority …
STATS = [
    pytest.param(
        f"42 (gunicorn) S 7 42 42 0 -1 4194304 1 2 3 4 {5 * TICKS} {2 * TICKS} {3 * TICKS} {TICKS} 20 0 1 0 99",
        Process(pid=42, parent=7, state="S", cpu_s=11.0),
        id="own time and that of reaped children",
    ),
    pytest.param(
        f"43 (a) R (b c) R 1 43 43 0 -1 0 0 0 0 0 {TICKS} 0 0 0 20 0",
        Process(pid=43, parent=1, state="R", cpu_s=1.0),
        id="brackets and blanks in the name",
    ),
    pytest.param(
        "44 (wrk) Z 2 44 44 0 -1 0 0 0 0 0 0 0 0 0 20 0",
        Process(pid=44, parent=2, state="Z", cpu_s=0.0),
        id="a zombie",
    ),
]


@pytest.mark.parametrize(("text", "expected"), STATS)
def test_stat_of_a_process(text: str, expected: Process) -> None:
    assert procfs.parse_stat(text) == expected


def test_cores_leave_out_idle_and_count_a_guest_once() -> None:
    user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice = 10, 1, 4, 99, 98, 2, 3, 7, 5, 1
    counts = (user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice)
    text = "cpu  " + " ".join(str(count * TICKS) for count in counts) + "\ncpu0 1 2 3 4 5 6 7 8 9 10\n"

    assert procfs.parse_cores(text) == Cores(busy_s=20.0, steal_s=7.0)


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        pytest.param(
            "00400000-7fff [rollup]\nRss:  9000 kB\nPss:  2048 kB\nPss_Anon:  1000 kB\n", 2.0, id="Pss, not Pss_Anon"
        ),
        pytest.param("", 0.0, id="nothing, as of a zombie"),
    ],
)
def test_pss(text: str, mib: float) -> None:
    assert procfs.parse_pss_mib(text) == mib


def test_descendants_are_all_below_the_root_and_parents_come_first() -> None:
    def process(pid: int, parent: int) -> Process:
        return Process(pid, parent, "S", 1.0)

    machine = [process(1, 0), process(30, 20), process(10, 1), process(20, 10), process(21, 10), process(99, 1)]

    assert [one.pid for one in procfs.descendants(machine, 10)] == [20, 21, 30]
    assert procfs.descendants(machine, 99) == []
