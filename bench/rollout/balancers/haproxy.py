"""HAProxy: membership by its run-time API, health by `option httpchk` (its defaults: every 2 s, down after 3).

Left at its default: `retries 3` with `retry-on conn-failure`, no `option redispatch`: it tries again to connect,
to the same server, and never sends a request twice. Set: `http-reuse always`, the hard case for a server (the
default, `safe`, sends a client's first request only over connections that have proved to be reusable).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.rollout.balancers.balancer import Balancer, BalancerFailedError, program

_CONFIGURATION = """\
global
  stats socket {socket} mode 600 level admin
  maxconn 4096
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:{port}
  default_backend instances
backend instances
  balance roundrobin
  option httpchk GET {health}
{servers}
"""


class HAProxy:
    settle_s = 0.0

    def __init__(self, control: Path, slots: int) -> None:
        self._control = control
        self._slots = slots
        self._routed: set[int] = set()

    def route(self, *slots: int) -> None:
        for slot in sorted(set(slots) - self._routed):
            self._say(f"set server instances/slot{slot} state ready; set server instances/slot{slot} health up")
        for slot in sorted(self._routed - set(slots)):
            self._say(f"set server instances/slot{slot} state maint")
        self._routed = set(slots)

    def _say(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._control))
            control.sendall(command.encode() + b"\n")
            answer = b""
            while data := control.recv(4096):
                answer += data
        if answer.strip():
            raise BalancerFailedError(f"{command}: {answer.decode().strip()}")


@contextmanager
def running(port: int, slots: Sequence[int], health: str, folder: Path) -> Iterator[Balancer]:
    """HAProxy on `port`; no slot is routed to yet."""
    control = folder / "haproxy.sock"
    servers = "\n".join(f"  server slot{index} 127.0.0.1:{port} check disabled" for index, port in enumerate(slots))
    configuration = folder / "haproxy.cfg"
    text = _CONFIGURATION.format(socket=control, port=port, health=health, servers=servers)
    configuration.write_text(text)
    with program(["haproxy", "-db", "-f", configuration], port, folder / "haproxy.log"):
        yield HAProxy(control, len(slots))
