"""A pair of virtual Ethernet devices: one end is ours, the other goes into a container, and nothing leads further.

Each pair has four addresses of a range that is for tests of devices (RFC 2544) and so hardly in use. Its name tells
which four: that a name is there once only keeps two runs from taking the same.
"""

from __future__ import annotations

import ipaddress
import random
import shlex
import socket
from dataclasses import dataclass, replace

from hitless.engines.calling import call
from hitless.errors import UnavailableError

_RANGE = ipaddress.ip_network("198.19.0.0/16")
_PAIRS = 1 << 14
_ATTEMPTS = 20
_WITHIN_S = 30.0
_PREFIX = "hitless"  # names of devices have 15 characters at most


@dataclass(frozen=True)
class Pair:
    """`number` of `_PAIRS`. `index`: of our end. Pairs go with their containers, and their numbers are taken again,
    but no index is given twice until the machine starts anew."""

    number: int
    index: int

    @property
    def ours(self) -> str:
        return f"{_PREFIX}{self.number}"

    @property
    def theirs(self) -> str:
        return f"{self.ours}p"

    def host(self, which: int) -> str:
        """The address of our end (1), of theirs (2)."""
        return str(_RANGE[self.number * 4 + which])

    def moving(self, pid: str) -> str:
        """Shell: give the other end to the process with this id (a word of the shell), in whose network it is eth0."""
        inside = " && ".join((
            f"ip link set {self.theirs} name eth0 addrgenmode none",
            f"ip address add {self.host(2)}/30 dev eth0",
            "ip link set eth0 up",
            "ip link set lo up",
        ))  # fmt: skip
        return (
            f'ip link set {self.theirs} netns {pid} && nsenter --net="/proc/{pid}/ns/net" sh -c {shlex.quote(inside)}'
        )

    def remove(self) -> None:
        """Both ends, if they have not gone with their container."""
        if _index(self.ours) == self.index:
            call(("ip", "link", "delete", self.ours), _WITHIN_S)


def make_pair() -> Pair:
    """Both ends here, ours with its address. UnavailableError where that is not permitted."""
    said = ""
    for number in random.sample(range(_PAIRS), _ATTEMPTS):
        pair = Pair(number, 0)
        answer = call(("ip", "link", "add", pair.ours, "type", "veth", "peer", "name", pair.theirs), _WITHIN_S)
        if answer is not None and answer.ok:
            return _addressed(replace(pair, index=_index(pair.ours)))
        said = answer.errors.strip() if answer is not None else "ip does not end"
        if "exists" not in said:
            break
    raise UnavailableError(f"a network of its own cannot be made: {said}")


def _index(name: str) -> int:
    """0 where there is no such device."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def _addressed(pair: Pair) -> Pair:
    if not pair.index:
        raise UnavailableError(f"the device {pair.ours} was made and is not there")
    for words in (
        ("link", "set", pair.ours, "addrgenmode", "none"),
        ("address", "add", f"{pair.host(1)}/30", "dev", pair.ours),
        ("link", "set", pair.ours, "up"),
    ):
        answer = call(("ip", *words), _WITHIN_S)
        if answer is None or not answer.ok:
            pair.remove()
            raise UnavailableError(f"ip {' '.join(words)} failed: {answer.errors.strip() if answer else 'no end'}")
    return pair
