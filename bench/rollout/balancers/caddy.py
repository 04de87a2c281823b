"""Caddy: membership by a file (see `flags`), active health checks four times a second where one instance is routed to.

While two are (stale endpoints), there are no health checks: the balancer goes on sending, as it is meant to there.
Left at its default: `lb_try_duration 0`, so no request is tried a second time; pooled connections to the instances.
Set: `buffer_responses`. Without it, Caddy 2.6.2 (Debian 12) cuts one in some hundred answers of 600 kB by itself when
the connection to the server ends after an answer, whatever the server: 11 of 2 382 in front of a plain uvicorn with
`keepalive off`, no instance ever stopped (HAProxy and nginx: none). It tries nothing again and hides no other loss: an
answer that the server cuts becomes a 502.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.rollout.balancers import flags
from bench.rollout.balancers.balancer import Balancer, program
from bench.rollout.balancers.flags import Flags

_INTERVAL_S = 0.25
_CONFIGURATION = """\
{{
  admin off
  auto_https off
  log {{
    level ERROR
  }}
}}
http://127.0.0.1:{port} {{
{routes}
}}
"""
_ROUTE = """\
  @{name} file {{
    root {folder}
    try_files /{name}
  }}
  reverse_proxy @{name} {servers} {{
    lb_policy round_robin
    buffer_responses
    max_buffer_size 16MB
{checks}  }}
"""
_CHECKS = """\
    health_uri {health}
    health_interval {interval_ms}ms
    health_timeout 5s
"""


class Caddy:
    settle_s = 2.5 * _INTERVAL_S  # its own check must have found the new instance

    def __init__(self, membership: Flags) -> None:
        self._membership = membership

    def route(self, *slots: int) -> None:
        self._membership.set(slots)


@contextmanager
def running(port: int, slots: Sequence[int], health: str, folder: Path) -> Iterator[Balancer]:
    """Caddy on `port`; no slot is routed to yet."""
    membership = Flags(folder)
    configuration = folder / "Caddyfile"
    routes = (_route(group, slots, health, folder) for group in flags.groups(len(slots)))
    configuration.write_text(_CONFIGURATION.format(port=port, routes="".join(routes)))
    command: list[str | Path] = ["caddy", "run", "--config", configuration, "--adapter", "caddyfile"]
    homes = {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with program(command, port, folder / "caddy.log", homes):
        yield Caddy(membership)


def _route(group: tuple[int, ...], slots: Sequence[int], health: str, folder: Path) -> str:
    servers = " ".join(f"127.0.0.1:{slots[slot]}" for slot in group)
    checks = _CHECKS.format(health=health, interval_ms=round(_INTERVAL_S * 1000)) if len(group) == 1 else ""
    return _ROUTE.format(name=flags.name(group), folder=folder, servers=servers, checks=checks)
