"""The command lines of container engines, and what they answer, as values. Pure: nothing is run here.

docker and podman differ in little; all of that is in `DIALECTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hitless.engines.running import Address, Start
from hitless.errors import UnavailableError

LABEL = "org.hitless.started=1"  # on all containers of ours


@dataclass(frozen=True)
class Dialect:
    """What one engine says otherwise than the others. Each is a part of a command line."""

    name: str
    version: tuple[str, ...]  # asks whatever does the work, so that it fails where nothing can be run
    read_only: tuple[str, ...]
    remove: tuple[str, ...]


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "docker",
            version=("version", "--format", "{{.Server.Version}}"),
            read_only=("--read-only",),
            remove=("rm", "--force", "--volumes"),
        ),
        Dialect(
            "podman",
            version=("info", "--format", "{{.Version.Version}}"),
            read_only=("--read-only", "--read-only-tmpfs=false"),  # else /tmp, /run and /var/tmp can be written
            remove=("rm", "--force", "--volumes", "--ignore", "--time", "0"),  # else it waits for SIGTERM's effect
        ),
    )
}

# What engines say on machines that are set up in unusual ways → what helps.
_REMEDIES: Mapping[str, str] = {
    "setrlimit": "Lower [containers] default_ulimits in containers.conf to what `ulimit -n` and `ulimit -u` show.",
    "RLIMIT_NOFILE": "Lower [containers] default_ulimits in containers.conf to what `ulimit -n` and `ulimit -u` show.",
    "cgroups in hybrid mode": 'Set [engine] runtime = "runc" in containers.conf: crun wants cgroups of one version.',
    "permission denied while trying to connect": "Join the group docker, or use podman: it needs no rights.",
    "Cannot connect to the Docker daemon": "Start it, or use podman: it needs none.",
}


def run_arguments(start: Start, name: str, dialect: Dialect) -> list[str]:
    """Behind the program's name: start a container and return. Only this machine's loopback reaches its port."""
    arguments = ["run", "--detach", "--pull", "never", "--name", name, "--label", LABEL]
    if start.port:
        arguments += ["--publish", f"127.0.0.1::{start.port}"]
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


def address_in(answer: str) -> Address | None:
    """What `port` prints, a line for each address family: 127.0.0.1:32768. None where nothing is published."""
    for line in answer.splitlines():
        host, colon, port = line.strip().rpartition(":")
        if colon and port.isdecimal():
            return Address("127.0.0.1" if host == "0.0.0.0" else host.strip("[]"), int(port))
    return None


def identity_in(answer: str) -> str:
    """An image's id with its algorithm: docker writes it, podman does not."""
    plain = answer.strip()
    return plain if not plain or ":" in plain else f"sha256:{plain}"


def failure(what: str, said: str) -> UnavailableError:
    """What an engine said about a failure, with what helps where that is known."""
    words = " ".join(said.split())[-600:] or "it did not say why"
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in said), "")
    return UnavailableError(f"{what}: {words}" + (f"\n    {remedy}" if remedy else ""))
