"""`hitless reload`: a running server takes over the new version of its package, without losing a request."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from hitless.cli.incoming import told_when_slow
from hitless.cli.listening import supervisor_on
from hitless.errors import UnavailableError

_POLL_S = 0.2
_COUNT = re.compile(r'hitless_reloads_total\{outcome="(\w+)"\} (\d+)')


def reload(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The package that is served.")] = Path(),
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="The server's port; else the package's.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait for the new version.")
    ] = 300.0,
) -> None:
    """Let a running server on this machine take over the package's new version.

    The new version is loaded beside the old one, which goes on serving, and takes over worker by worker.
    One that does not load changes nothing. In a container: kill -HUP 1.

    \b
    Examples:
      hitless reload my-model
      hitless reload my-model --port 9000

    \b
    Exit code:
      0  the new version serves
      1  it was not loaded, the old one goes on
      2  the package is wrong; the server was not asked
      3  no such server, or it did not say within the time
    """
    from hitless.serving.options import resolve
    from hitless.serving.package import read_package

    package = read_package(folder)
    settings = resolve({}, os.environ, package.serve_settings, table_file=str(folder / "hitless.toml")).options
    if port is None:
        port = package.contract.port if settings.port <= 0 else settings.port
    scheme, host = package.contract.protocol, settings.host or "127.0.0.1"
    pid = supervisor_on(port)
    metrics = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/metrics"
    with told_when_slow("the new version is being loaded"):
        serves = _ask(pid, metrics, timeout)
    if serves:
        print("The new version serves.")
    else:
        print("The new version was not loaded; the old one goes on. The server's log says why.")
        raise typer.Exit(1)


def _ask(pid: int, metrics: str, timeout: float) -> bool:
    before = _counts(metrics)
    os.kill(pid, signal.SIGHUP)
    until = time.monotonic() + (timeout if before else 0)  # a server without /metrics does not say
    while time.monotonic() < until:
        time.sleep(_POLL_S)
        after = _counts(metrics)
        for outcome, count in after.items():
            if count > before.get(outcome, 0):
                return outcome == "serves"
    raise UnavailableError(
        f"The server was asked (SIGHUP to process {pid}), and has not said what came of it.\n"
        + (f"    It may take longer than {timeout:g} s; its log will say." if before else "    Its log will say.")
    )


def _counts(metrics: str) -> Mapping[str, int]:
    """How many new versions have come to which end."""
    import httpx

    try:
        text = httpx.get(metrics, verify=False, trust_env=False, timeout=10).text  # noqa: S501 (ours, on this machine)
    except httpx.HTTPError:
        return {}
    return {outcome: int(count) for outcome, count in _COUNT.findall(text)}
