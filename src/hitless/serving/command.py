"""The command line of the server: of `python -m hitless.serving`, and of `hitless serve`."""

from __future__ import annotations

import argparse
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hitless.errors import HitlessError
from hitless.serving import banner, logs, tls
from hitless.serving.cpus import usable_cpus
from hitless.serving.examples import examples_of
from hitless.serving.listeners import listen
from hitless.serving.options import Resolved, add_flags, explain, resolve
from hitless.serving.package import read_package
from hitless.serving.supervisor import SIGNALS, Supervisor

_EPILOG = """examples:
  hitless serve                            the package in this folder
  hitless serve examples/mnist             another one
  hitless serve --port 9000 --workers 4    on another port, with four processes
  hitless serve --reload                   load anew whenever a file changes
  hitless serve --explain                  every option, its value, and where that came from

Every option can also be set by HITLESS_<NAME> in the environment, or in hitless.toml:
  [serve]
  request-timeout = 30
"""


def main(arguments: Sequence[str] | None = None, *, laptop: bool = False) -> int:
    """Serve until stopped; the exit code. `laptop`: the playground is on unless it is switched off."""
    given = vars(_parser().parse_args(arguments))
    folder, explained = Path(given.pop("package")), given.pop("explain")
    try:
        return _serve(folder, given, explained, {"playground": True} if laptop else {})
    except HitlessError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hitless serve",
        description="Serve a model package: a folder with config.json and model.py (or model.onnx).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("package", nargs="?", default=".", metavar="DIR", help="the package [this folder]")
    parser.add_argument("--explain", action="store_true", help="show every option's value and origin, serve nothing")
    add_flags(parser)
    return parser


def _serve(folder: Path, flags: Mapping[str, Any], explained: bool, defaults: Mapping[str, Any]) -> int:
    package = read_package(folder)
    resolved = resolve(
        flags, os.environ, package.serve_settings, table_file=str(folder / "hitless.toml"), defaults=defaults
    )
    if explained:
        _print_options(resolved)
        return 0
    options = resolved.options
    form = logs.form_of(options.log_format)
    log = logs.set_up(form, options.log_level, "supervisor")
    for warning in package.warnings:
        log.warning("%s", warning)
    examples_of(package.folder, package.settings)  # what is wrong with them is said before anything starts
    context = tls.context(options.tls_cert, options.tls_key) if package.contract.protocol == "https" else None
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until there are handlers: to PID 1 they would be lost
    wanted = package.contract.port if options.port < 0 else options.port
    listeners = listen(options.host, wanted, shared=options.reuse_port)
    _raise_descriptor_limit(log)
    port = listeners[0].getsockname()[1]
    workers = options.workers or usable_cpus()

    def ready(seconds: float) -> None:
        fields = {} if form == "text" else {"port": port, "workers": workers, "seconds": round(seconds, 3)}
        text = banner.ready(package, options, port, workers, seconds) if form == "text" else "ready"
        log.info("%s", text, extra={"fields": fields})

    return Supervisor(package, options, workers, listeners, context, form, ready).run()


def _raise_descriptor_limit(log: logging.Logger) -> None:
    """As many open files as may be had: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1_048_576), hard))
        except (ValueError, OSError):
            log.debug("the limit of open files stays at %d", soft)


def _print_options(resolved: Resolved) -> None:
    rows = [("option", "value", "from", "meaning"), *explain(resolved)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        print("  ".join((*cells, row[3])))  # noqa: T201
