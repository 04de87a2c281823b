"""nginx: membership by a file (see `flags`), passive health checks (`max_fails=1 fail_timeout=10s`, its defaults).

Left at its default: `proxy_next_upstream error timeout`, which tries the next server after a failed connect, and
never sends a POST twice. Set: `keepalive 32` and HTTP/1.1 towards the instances, so that there are pooled connections,
and bodies of 1 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.rollout.balancers import flags
from bench.rollout.balancers.balancer import Balancer, program
from bench.rollout.balancers.flags import Flags

_CONFIGURATION = """\
{user}daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 16m;
  client_body_buffer_size 1m;
{upstreams}
  server {{
    listen 127.0.0.1:{port};
    set $group nowhere;
{choices}
    location / {{
      proxy_pass http://$group;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


class Nginx:
    settle_s = 0.0

    def __init__(self, membership: Flags) -> None:
        self._membership = membership

    def route(self, *slots: int) -> None:
        self._membership.set(slots)


@contextmanager
def running(port: int, slots: Sequence[int], _health: str, folder: Path) -> Iterator[Balancer]:
    """nginx on `port`; no slot is routed to yet."""
    membership = Flags(folder)
    configuration = folder / "nginx.conf"
    configuration.write_text(_configured(port, slots, folder))
    command: list[str | Path] = ["nginx", "-e", folder / "nginx-start.log", "-p", folder, "-c", configuration]
    with program(command, port, folder / "nginx.log"):
        yield Nginx(membership)


def _configured(port: int, slots: Sequence[int], folder: Path) -> str:
    upstreams, choices = [], []
    for group in flags.groups(len(slots)):
        servers = " ".join(f"server 127.0.0.1:{slots[slot]};" for slot in group)
        upstreams.append(f"  upstream {flags.name(group)} {{ {servers} keepalive 32; }}")
        choices.append(f"    if (-f {folder}/{flags.name(group)}) {{ set $group {flags.name(group)}; }}")
    user = "user root root;\n" if os.geteuid() == 0 else ""  # else its workers could not look into the folder
    return _CONFIGURATION.format(
        user=user, folder=folder, port=port, upstreams="\n".join(upstreams), choices="\n".join(choices)
    )
