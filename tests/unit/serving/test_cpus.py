"""The CPU quota from texts of /proc and of cgroup file systems, as they are found on machines and in containers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hitless.serving.cpus import cpu_quota, usable_cpus

V2 = "/sys/fs/cgroup"
V1 = "/sys/fs/cgroup/cpu"
PROC = "/proc/self/cgroup"
POD = "/kubepods/burstable/pod1/c1"


def v1(folder: str, quota: str, period: str = "100000\n") -> dict[str, str]:
    return {f"{folder}/cpu.cfs_quota_us": quota, f"{folder}/cpu.cfs_period_us": period}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, None, id="no-cgroups-at-all"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "200000 100000\n"}, 2.0, id="v2-docker"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "max 100000\n"}, None, id="v2-unlimited"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "50000 100000\n"}, 0.5, id="v2-half-a-cpu"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "30000 20000\n"}, 1.5, id="v2-other-period"),
        pytest.param({PROC: f"0::{POD}\n", f"{V2}{POD}/cpu.max": "100000 100000\n"}, 1.0, id="v2-host-path"),
        pytest.param({PROC: f"0::{POD}\n", f"{V2}/cpu.max": "300000 100000\n"}, 3.0, id="v2-path-is-hidden"),
        pytest.param(
            {PROC: f"0::{POD}\n", f"{V2}{POD}/cpu.max": "max 100000\n", f"{V2}/kubepods/cpu.max": "400000 100000\n"},
            4.0,
            id="v2-nested-limit-is-above",
        ),
        pytest.param(
            {PROC: "0::/a/b\n", f"{V2}/a/b/cpu.max": "300000 100000\n", f"{V2}/a/cpu.max": "200000 100000\n"},
            2.0,
            id="v2-the-least-counts",
        ),
        pytest.param({PROC: "0::/../../x\n", f"{V2}/x/cpu.max": "100000 100000\n"}, 1.0, id="v2-outside-its-namespace"),
        pytest.param({f"{V2}/cpu.max": "200000 100000\n"}, 2.0, id="v2-without-proc"),
        pytest.param({PROC: "4:cpu,cpuacct:/\n", **v1(V1, "150000\n")}, 1.5, id="v1-docker"),
        pytest.param({PROC: "4:cpu,cpuacct:/\n", **v1(V1, "-1\n")}, None, id="v1-unlimited"),
        pytest.param({PROC: f"4:cpuacct,cpu:{POD}\n", **v1(f"{V1}{POD}", "100000\n")}, 1.0, id="v1-host-path"),
        pytest.param(
            {PROC: f"4:cpu,cpuacct:{POD}\n", **v1(f"{V1},cpuacct{POD}", "250000\n")}, 2.5, id="v1-joint-mount"
        ),
        pytest.param({PROC: f"4:cpu:{POD}\n", **v1(f"{V1}/kubepods", "300000\n")}, 3.0, id="v1-nested-limit-is-above"),
        pytest.param({PROC: "7:cpuset:/x\n", **v1(f"{V1}/x", "100000\n")}, None, id="v1-cpuset-is-another-controller"),
        pytest.param({PROC: "1:name=systemd:/\n0::/\n", **v1(V1, "200000\n")}, 2.0, id="hybrid-limit-in-v1"),
        pytest.param(
            {PROC: "4:cpu:/\n0::/u\n", "/sys/fs/cgroup/unified/u/cpu.max": "100000 100000\n"}, 1.0, id="hybrid-v2-mount"
        ),
        pytest.param({PROC: "0::/a:b\n", f"{V2}/a:b/cpu.max": "100000 100000\n"}, 1.0, id="colon-in-a-name"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": ""}, None, id="empty-file"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "lots 100000"}, None, id="no-number"),
        pytest.param({PROC: "0::/\n", f"{V2}/cpu.max": "100000 0"}, None, id="period-of-nothing"),
        pytest.param({PROC: "rubbish\n\n:\n", f"{V2}/cpu.max": "100000 100000"}, 1.0, id="rubbish-in-proc"),
    ],
)
def test_cpu_quota(files: Mapping[str, str], expected: float | None) -> None:
    assert cpu_quota(files.get) == expected


@pytest.mark.parametrize(
    ("affinity", "cpu_max", "expected"),
    [
        pytest.param(8, None, 8, id="no-quota"),
        pytest.param(8, "200000 100000", 2, id="quota-is-less"),
        pytest.param(2, "800000 100000", 2, id="affinity-is-less"),
        pytest.param(8, "250000 100000", 3, id="half-a-cpu-is-worth-a-worker"),
        pytest.param(8, "10000 100000", 1, id="at-least-one"),
    ],
)
def test_usable_cpus(monkeypatch: pytest.MonkeyPatch, affinity: int, cpu_max: str | None, expected: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(affinity)), raising=False)
    files = {f"{V2}/cpu.max": cpu_max} if cpu_max else {}
    assert usable_cpus(files.get) == expected


def test_this_machine_has_one_at_least() -> None:
    assert usable_cpus() >= 1
