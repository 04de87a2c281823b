"""A lab: podman and docker in network, mount and process namespaces of their own, for all workers of a run.

Nothing of this machine's own engines, networks or mounts is touched, and with the lab's first process all is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.e2e.conftest import one_at_a_time

from hitless.engines.containers import ContainerEngine

READY_WITHIN_S = 90.0
GONE_WITHIN_S = 60.0
NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# podman needs it so on machines that cannot raise limits, have cgroups of both versions, or no systemd.
SETTINGS = """\
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
log_driver = "k8s-file"
[network]
network_backend = "cni"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Lab:
    """One that is ready. `pid`: of its first process, as this machine counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid = int((folder / "pid").read_text())

    def engine(self, name: str) -> ContainerEngine:
        self.need(name)
        return ContainerEngine(name, [str(self.folder / "bin" / name)])

    def need(self, name: str) -> None:
        """Skip the test where an engine is not installed."""
        missing = [program for program in NEEDED[name] if shutil.which(program) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")

    def command(self, *command: str) -> Sequence[str]:
        """Run in the lab."""
        return ("nsenter", "--target", str(self.pid), "--net", "--mount", "--pid", *command)


NEEDED = {
    "podman": ("podman", "runc", "conmon", "iptables"),
    "docker": ("docker", "dockerd", "runc", "iptables"),
    "buildah": ("buildah", "runc"),
}


@contextmanager
def joined(shared: Path) -> Iterator[Lab]:
    """The lab of this run, made if there is none yet; the last to leave waits until it is gone."""
    if os.geteuid() or subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces for engines need root and unshare (util-linux)")
    ready, process = shared / "lab", None
    with (shared / "lab-users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with one_at_a_time(shared / "lab.lock"):
            if not ready.exists():
                process = _started(shared / "lab-users", ready)
        try:
            yield Lab(Path(ready.read_text()))
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if process is not None:
                process.wait(GONE_WITHIN_S)


def _started(users: Path, ready: Path) -> subprocess.Popen[bytes]:
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))  # podman takes paths of 50 characters, and no more
    (folder / "tmp").mkdir()
    (folder / "containers.conf").write_text(SETTINGS)
    (folder / "tmp" / "config.json").write_text("{}")
    program = Path(__file__).with_name("lab_process.py")
    command = [*NAMESPACES, sys.executable, *map(str, (program, folder, users, ready))]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    until = time.monotonic() + READY_WITHIN_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            process.wait()
            said = (folder / "log").read_text()
            shutil.rmtree(folder, ignore_errors=True)
            raise AssertionError(f"the lab did not start: {said}")
        time.sleep(0.05)
    pid = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip()
    (folder / "pid").write_text(pid)
    _write_programs(folder, pid)
    return process


def _write_programs(folder: Path, pid: str) -> None:
    """The engines as the lab has them: every path of theirs is in its folder. In bin for who is outside of it, in
    inside for who is in it already."""
    store = f"--root {folder}/root --runroot {folder}/run"
    more = {
        "podman": f"{store} --tmpdir {folder}/state --network-config-dir {folder}/networks",
        "docker": f"--host unix://{folder}/docker.sock",
        "buildah": store,
    }
    settings = f"CONTAINERS_CONF={folder}/containers.conf TMPDIR={folder}/tmp DOCKER_CONFIG={folder}/tmp"
    enter = f"nsenter --target {pid} --net --mount --pid"
    for place, before in (("bin", enter), ("inside", "")):
        (folder / place).mkdir()
        for name, options in more.items():
            program = folder / place / name
            command = f"{before} env {settings} BUILDAH_RUNTIME=runc {shutil.which(name)} {options}"
            program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            program.chmod(0o755)
