"""Labels of runs: a process that lives is never taken for a dead one."""

from __future__ import annotations

import os

import pytest

from hitless.engines.runs import is_abandoned, this_run

NO_PROCESS = 2**22 + 1  # more than there can be (proc_sys_kernel(5), pid_max)
MACHINE, BOOT, NAMESPACE, PID, STARTED = this_run().split(".")


def test_a_run_that_goes_on() -> None:
    assert this_run() == this_run()
    assert int(PID) == os.getpid()
    assert not is_abandoned(this_run())


@pytest.mark.parametrize(
    ("parts", "abandoned"),
    [
        pytest.param((MACHINE, BOOT, NAMESPACE, str(NO_PROCESS), "5"), True, id="no-such-process"),
        pytest.param((MACHINE, BOOT, NAMESPACE, PID, f"{STARTED}0"), True, id="another-process-of-that-number"),
        pytest.param((MACHINE, "before", NAMESPACE, PID, STARTED), True, id="before-the-machine-was-started"),
        pytest.param((MACHINE, BOOT, "other", str(NO_PROCESS), "5"), False, id="another-namespace"),
        pytest.param(("elsewhere", BOOT, NAMESPACE, str(NO_PROCESS), "5"), False, id="another-machine"),
        pytest.param(("1",), False, id="no-label"),
        pytest.param((MACHINE, BOOT, NAMESPACE, "", "5"), False, id="no-number"),
    ],
)
def test_whose_process_has_ended(parts: tuple[str, ...], abandoned: bool) -> None:
    assert is_abandoned(".".join(parts)) == abandoned
