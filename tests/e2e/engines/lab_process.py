"""The first process of a lab, in namespaces of its own: makes them fit for engines, and ends when nobody uses them.

python lab_process.py FOLDER USERS READY: everything of the engines is in FOLDER; USERS is locked by whoever uses the
lab, and free once the last of them has gone, killed ones as well; READY names the folder once the lab can be used.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

DAEMON_WITHIN_S = 60.0
STEP_S = 0.1


def main(folder: Path, users: Path, ready: Path) -> None:
    for place in ("/dev/shm", "/run"):  # what engines keep there is theirs alone
        subprocess.run(["mount", "-t", "tmpfs", "lab", place], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    cgroup = f"/hitless-{folder.name}"
    daemon = docker_daemon(folder, cgroup) if shutil.which("dockerd") else None
    ready.write_text(str(folder))
    with users.open() as file:
        while not free(file.fileno()):
            reap(daemon)
            time.sleep(STEP_S)
        ready.unlink()
        if daemon is not None:
            daemon.terminate()
            daemon.wait(DAEMON_WITHIN_S)
        remove_containers(folder)
        for mount in reversed(mounts_below(folder)):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        remove_cgroups(cgroup)


def free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def reap(daemon: subprocess.Popen[bytes] | None) -> None:
    """Those whose parents have left them; the daemon's end is asked for elsewhere."""
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if daemon is not None and ended.si_pid == daemon.pid:
                return
            os.waitpid(ended.si_pid, 0)


def docker_daemon(folder: Path, cgroup: str) -> subprocess.Popen[bytes]:
    command = [
        "dockerd", "--data-root", f"{folder}/docker-data", "--exec-root", f"{folder}/docker-run", "--pidfile",
        f"{folder}/docker.pid", "--host", f"unix://{folder}/docker.sock", "--storage-driver", "overlay2",
        "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", cgroup,
    ]  # fmt: skip
    with (folder / "dockerd.log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
    until = time.monotonic() + DAEMON_WITHIN_S
    while not (folder / "docker.sock").exists() and daemon.poll() is None and time.monotonic() < until:
        time.sleep(STEP_S)
    if not (folder / "docker.sock").exists():
        sys.exit(f"the docker daemon did not start: {(folder / 'dockerd.log').read_text()}")
    return daemon


def remove_containers(folder: Path) -> None:
    """podman's; docker's daemon has ended its own. All processes end with this one, their cgroups would stay."""
    if shutil.which("podman") is not None and (folder / "root").exists():
        options = ["--root", f"{folder}/root", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/state"]
        environment = {**os.environ, "CONTAINERS_CONF": f"{folder}/containers.conf"}
        command = ["podman", *options, "rm", "--all", "--force", "--time", "0"]
        subprocess.run(command, check=False, capture_output=True, env=environment)


def mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [place for line in lines if (place := line.split()[4]).startswith(f"{folder}/")]


def remove_cgroups(name: str) -> None:
    for top in Path("/sys/fs/cgroup").glob(f"*{name}"):
        for place in sorted([*top.rglob("*/"), top], reverse=True):
            with suppress(OSError):
                place.rmdir()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    main(*map(Path, sys.argv[1:]))
