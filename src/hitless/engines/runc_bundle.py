"""The config.json of a bundle for runc (runtime-spec, config.md), as a value. Pure: nothing is run or written here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hitless.engines.accounts import Account
from hitless.engines.commands import CAPABILITIES
from hitless.engines.running import Confinement, Start
from hitless.images.configuration import Configuration

HOSTNAME = "hitless"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOSTS = f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 {HOSTNAME}\n"
RESOLVER = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"  # nobody: names are not resolved

_MASKED = (
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
)  # fmt: skip
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_QUIET = ("nosuid", "noexec", "nodev")


def environment_of(start: Start, configuration: Configuration, account: Account) -> Mapping[str, str]:
    """What engines add to an image's own, and what was asked for."""
    added = {"PATH": DEFAULT_PATH, "HOSTNAME": HOSTNAME, "HOME": account.home}
    return {**added, **configuration.environment, **start.environment}


def command_of(start: Start, configuration: Configuration) -> tuple[str, ...]:
    return start.command or configuration.effective_command


def bundle_config(
    start: Start, configuration: Configuration, account: Account, root: Path, files: Path, group: str, hook: str
) -> dict[str, Any]:
    """`files`: a folder with hosts and resolv.conf. `group`: the path of its cgroup. `hook`: Shell that is run once its
    namespaces are there, with the runtime's state on its standard input; empty for none."""
    confinement = start.confinement or Confinement()
    environment = environment_of(start, configuration, account)
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": account.uid, "gid": account.gid, "additionalGids": list(account.groups)},
            "args": list(command_of(start, configuration)),
            "env": [f"{name}={value}" for name, value in environment.items()],
            "cwd": configuration.working_dir or "/",
            "capabilities": _capabilities(account),
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": start.read_only},
        "hostname": HOSTNAME,
        "mounts": [*_MOUNTS, *_files(files), *(_in_memory(folder) for folder in start.writable)],
        **({"hooks": {"createRuntime": [_shell(hook)]}} if hook else {}),
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")],
            "cgroupsPath": group,
            "resources": {
                "devices": [{"allow": False, "access": "rwm"}],
                "memory": {"limit": confinement.memory_bytes},
                "pids": {"limit": confinement.processes},
            },
            "maskedPaths": list(_MASKED),
            "readonlyPaths": list(_READ_ONLY),
        },
    }


def _capabilities(account: Account) -> dict[str, list[str]]:
    """Of another user than root only the most that it could get; as docker does it."""
    some = [f"CAP_{name}" for name in CAPABILITIES]
    now = [] if account.uid else some
    return {"bounding": some, "effective": now, "permitted": now}


def _mount(place: str, kind: str, source: str, *options: str) -> dict[str, Any]:
    return {"destination": place, "type": kind, "source": source, "options": list(options)}


_MOUNTS = (
    _mount("/proc", "proc", "proc", *_QUIET),
    _mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
    _mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
    _mount("/dev/shm", "tmpfs", "shm", *_QUIET, "mode=1777", "size=65536k"),  # noqa: S108
    _mount("/dev/mqueue", "mqueue", "mqueue", *_QUIET),
    _mount("/sys", "sysfs", "sysfs", *_QUIET, "ro"),
    _mount("/sys/fs/cgroup", "cgroup", "cgroup", *_QUIET, "relatime", "ro"),
)


def _files(folder: Path) -> list[dict[str, Any]]:
    return [
        _mount(f"/etc/{name}", "bind", str(folder / name), "bind", "rprivate", "ro", *_QUIET)
        for name in ("hosts", "resolv.conf")
    ]


def _in_memory(folder: str) -> dict[str, Any]:
    return _mount(folder, "tmpfs", "tmpfs", *_QUIET, "mode=1777")


def _shell(hook: str) -> dict[str, Any]:
    return {"path": "/bin/sh", "args": ["sh", "-c", hook], "env": [f"PATH={DEFAULT_PATH}"], "timeout": 60}
