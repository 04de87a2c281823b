"""A network for one container alone: no route leads out of it, and the container is reached by its own address.

Reached: the engine's bridge is a device of ours, so the way there is direct. Not so where the engine is on another
machine or in a virtual one (Docker Desktop), or keeps networks to itself (rootless podman).
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.engines.calling import call
from hitless.engines.cgroups import cgroups_of
from hitless.engines.commands import RUN

if TYPE_CHECKING:
    from hitless.engines.containers import ContainerEngine

_WITHIN_S = 30.0


@dataclass(frozen=True)
class Place:
    """Where a container is: `pid` as its engine counts; `host` and `gateway` in a network of `length` bits."""

    identity: str
    pid: int
    host: str
    length: int
    gateway: str


def make_network(engine: ContainerEngine, name: str, label: str) -> None:
    engine.do("network", "create", "--internal", "--label", f"{RUN}={label}", name)


def place_of(engine: ContainerEngine, container: str, network: str) -> Place | None:
    """None once it has ended."""
    (told,) = json.loads(engine.do("container", "inspect", container))
    there = (told["NetworkSettings"].get("Networks") or {}).get(network) or {}
    pid, host = told["State"].get("Pid") or 0, there.get("IPAddress") or ""
    if not pid or not host:
        return None
    return Place(told["Id"], pid, host, there["IPPrefixLen"], there.get("Gateway") or "")


def is_seen_here(identity: str, pid: int) -> bool:
    """Whether the engine's process ids are ours: whatever has this one is in the container's cgroup."""
    return pid > 0 and any(identity in path for path in cgroups_of(pid).values())


def is_reached(engine: ContainerEngine, place: Place, network: str) -> bool:
    if not is_seen_here(place.identity, place.pid):
        return False
    return _is_neighbour(place) or (_given_address(engine, place, network) and _is_neighbour(place))


def _is_neighbour(place: Place) -> bool:
    """By the address from which we would send to it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        try:
            datagram.connect((place.host, 9))
        except OSError:
            return False
        ours = ipaddress.ip_address(datagram.getsockname()[0])
    return ours in ipaddress.ip_network(f"{place.host}/{place.length}", strict=False)


def _given_address(engine: ContainerEngine, place: Place, network: str) -> bool:
    """podman with CNI makes the bridge of such a network, and gives it no address: it gets the one that is free."""
    bridge = engine.bridge(network)
    if not bridge or not place.gateway or os.geteuid() or not _is_ours(bridge, place):
        return False
    address = f"{place.gateway}/{place.length}"
    done = call(("ip", "address", "add", address, "dev", bridge), _WITHIN_S)
    return done is not None and done.ok


def _is_ours(bridge: str, place: Place) -> bool:
    """Whether the other end of the container's device is in this bridge, and not in one of that name elsewhere."""
    devices = Path("/proc", str(place.pid), "root", "sys/class/net").glob("*")
    ends = {end for device in devices if (end := _peer(device))}
    answer = call(("ip", "-json", "link", "show", "master", bridge), _WITHIN_S)
    if answer is None or not answer.ok:
        return False
    return any(str(device.get("ifindex")) in ends for device in json.loads(answer.output or "[]"))


def _peer(device: Path) -> str:
    """The number of its other end; empty for one that has none."""
    try:
        own, other = ((device / name).read_text().strip() for name in ("ifindex", "iflink"))
    except OSError:
        return ""
    return "" if own == other else other
