"""The table of arrangements: what stands between clients and instances, and when it learns that one leaves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Front(StrEnum):
    HAPROXY = "haproxy"
    NGINX = "nginx"
    CADDY = "caddy"
    PORT = "port"  # nothing: old and new instance listen on the same port (SO_REUSEPORT)
    RELOAD = "reload"  # nothing: one instance, which replaces its workers on SIGHUP


@dataclass(frozen=True)
class Arrangement:
    """`stale_s`: how long the balancer goes on sending to an instance that has got its SIGTERM."""

    name: str
    title: str
    front: Front
    stale_s: float = 0.0
    period_s: float = 1.25  # at least this long from one replacement to the next


STALE_S = 2.0

ARRANGEMENTS = (
    *(
        arrangement
        for front, title in ((Front.HAPROXY, "HAProxy"), (Front.NGINX, "nginx"), (Front.CADDY, "Caddy"))
        for arrangement in (
            Arrangement(f"{front}-told", f"{title}, told before the signal", front),
            Arrangement(f"{front}-stale", f"{title}, sending for {STALE_S:g} s after the signal", front, STALE_S),
        )
    ),
    Arrangement("port", "the same port for old and new", Front.PORT),
    Arrangement("reload", "in place, by SIGHUP", Front.RELOAD),
)
FOR_PEERS = ("haproxy-told", "haproxy-stale", "port", "reload")


def named(names: str) -> tuple[Arrangement, ...]:
    """The arrangements of a comma-separated list, in the table's order; raises ValueError on an unknown name."""
    wanted, known = {name.strip() for name in names.split(",")}, {one.name for one in ARRANGEMENTS}
    if wanted - known:
        unknown = ", ".join(sorted(wanted - known))
        raise ValueError(f"no such arrangement: {unknown}; there are {', '.join(one.name for one in ARRANGEMENTS)}")
    return tuple(one for one in ARRANGEMENTS if one.name in wanted)
