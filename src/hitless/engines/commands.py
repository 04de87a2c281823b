"""The command lines of container engines, and what they answer, as values. Pure: nothing is run here.

docker and podman differ in little; all of that is in `DIALECTS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from hitless.engines.running import Address, Confinement, Start
from hitless.errors import UnavailableError

LABEL = "org.hitless.started=1"  # on all containers of ours
RUN = "org.hitless.run"  # the label that tells which process made it
CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE")  # servers need them
# What engines put into a container's file system themselves: where they mount something.
_OF_THE_ENGINE = frozenset({
    "/", "/.dockerenv", "/dev", "/dev/console", "/etc", "/etc/hostname", "/etc/hosts", "/etc/mtab",
    "/etc/resolv.conf", "/proc", "/run", "/run/.containerenv", "/run/secrets", "/sys",
})  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """What one engine says otherwise than the others. Each is a part of a command line."""

    name: str
    version: tuple[str, ...]  # asks whatever does the work, so that it fails where nothing can be run
    read_only: tuple[str, ...]
    remove: tuple[str, ...]
    bridge: tuple[str, ...]  # asks for the device of a network, where it may be without an address


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "docker",
            version=("version", "--format", "{{.Server.Version}}"),
            read_only=("--read-only",),
            remove=("rm", "--force", "--volumes"),
            bridge=(),
        ),
        Dialect(
            "podman",
            version=("info", "--format", "{{.Version.Version}}"),
            read_only=("--read-only", "--read-only-tmpfs=false"),  # else /tmp, /run and /var/tmp can be written
            remove=("rm", "--force", "--volumes", "--ignore", "--time", "0"),  # else it waits for SIGTERM's effect
            bridge=("network", "inspect", "--format", "{{.NetworkInterface}}"),
        ),
    )
}

# Takes a name from an image, which goes with its last name: the first that does it. By force, podman and buildah would
# end and remove all containers of the image, whosever they are; docker does not.
FORGET: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "docker": (("rmi", "--force"),),
    "podman": (("rmi",), ("untag",)),
    "buildah": (("rmi",),),
}

# What engines say on machines that are set up in unusual ways → what helps.
_REMEDIES: Mapping[str, str] = {
    "setrlimit": "Lower [containers] default_ulimits in containers.conf to what `ulimit -n` and `ulimit -u` show.",
    "setting rlimit": "Lower [containers] default_ulimits in containers.conf to what `ulimit -n` and `ulimit -u` show.",
    "RLIMIT_NOFILE": "Lower [containers] default_ulimits in containers.conf to what `ulimit -n` and `ulimit -u` show.",
    "cgroups in hybrid mode": 'Set [engine] runtime = "runc" in containers.conf: crun wants cgroups of one version.',
    "permission denied while trying to connect": "Join the group docker, or use podman: it needs no rights.",
    "Cannot connect to the Docker daemon": "Start it, or use podman: it needs none.",
}


def run_arguments(start: Start, name: str, dialect: Dialect, network: str = "", image_user: str = "") -> list[str]:
    """Behind the program's name: start a container and return. In a network of its own its port is not published;
    else only this machine's loopback reaches it. `image_user`: of the image, for who is not told another."""
    arguments = ["run", "--detach", "--pull", "never", "--name", name, "--label", LABEL]
    if network:
        arguments += ["--network", network]
    elif start.port:
        arguments += ["--publish", f"127.0.0.1::{start.port}"]
    if start.confinement is not None:
        arguments += _confining(start.confinement, start.user or image_user)
    if start.user:
        arguments += ["--user", start.user]
    for key, value in sorted(start.environment.items()):
        arguments += ["--env", f"{key}={value}"]
    if start.read_only:
        arguments += dialect.read_only
    for folder in start.writable:
        arguments += ["--tmpfs", folder]
    if start.command:
        return [*arguments, "--entrypoint", start.command[0], start.subject, *start.command[1:]]
    return [*arguments, start.subject]


def _confining(confinement: Confinement, user: str) -> list[str]:
    """No image's health check runs. No name is resolved: docker would ask this machine's servers, even for a network
    without a route (CVE-2024-29018); so it asks nobody, and gives up after a second. Only root gets capabilities:
    podman would hand them to any user, who could then read and write every file."""
    arguments = ["--label", f"{RUN}={confinement.label}", "--no-healthcheck"]
    arguments += ["--dns", "127.0.0.1", "--dns-opt", "timeout:1", "--dns-opt", "attempts:1"]
    arguments += ["--cap-drop", "ALL"]
    if user.partition(":")[0] in ("", "0", "root"):
        arguments += [word for name in CAPABILITIES for word in ("--cap-add", name)]
    arguments += ["--security-opt", "no-new-privileges"]
    return [*arguments, "--memory", str(confinement.memory_bytes), "--pids-limit", str(confinement.processes)]


def written_in(answer: str) -> tuple[str, ...]:
    """What `diff` prints, such as `A /tmp/x` (added), `C /tmp` (changed), `D /etc/x` (deleted): what was added or
    changed, without folders in which something is."""
    lines = [line.partition(" ")[::2] for line in answer.splitlines()]
    above = {str(parent) for _, path in lines for parent in PurePosixPath(path).parents}
    return tuple(sorted(
        path for kind, path in lines if kind in ("A", "C") and path not in above and path not in _OF_THE_ENGINE
    ))  # fmt: skip


def bytes_in(amount: str) -> int | None:
    """What `stats` prints as its memory, such as `9.159MB / 536.9MB` or `8.6MiB / 512MiB`."""
    match = re.match(r"([0-9.]+) ?([kKMGT]?)(i?)B\b", amount.strip())
    if match is None:
        return None
    base = 1024 if match[3] else 1000
    factor: int = base ** " KMGT".index(match[2].upper() or " ")
    return round(float(match[1]) * factor)


def address_in(answer: str) -> Address | None:
    """What `port` prints, a line for each address family: 127.0.0.1:32768. None where nothing is published."""
    for line in answer.splitlines():
        host, colon, port = line.strip().rpartition(":")
        if colon and port.isdecimal():
            return Address("127.0.0.1" if host == "0.0.0.0" else host.strip("[]"), int(port))
    return None


def unheeded(said: str) -> tuple[str, ...]:
    """What an engine that started something says that it did not do: limits for which it has no means."""
    return tuple(line.strip() for line in said.splitlines() if "ignored" in line or "discarded" in line)


def identity_in(answer: str) -> str:
    """An image's id with its algorithm: docker writes it, podman does not."""
    plain = answer.strip()
    return plain if not plain or ":" in plain else f"sha256:{plain}"


def failure(what: str, said: str) -> UnavailableError:
    """What an engine said about a failure, with what helps where that is known."""
    words = " ".join(said.split())[-600:] or "it did not say why"
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in said), "")
    return UnavailableError(f"{what}: {words}" + (f"\n    {remedy}" if remedy else ""))
