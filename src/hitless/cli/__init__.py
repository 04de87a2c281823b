"""The command line: one file a verb. The only place where features meet, print and exit."""

from __future__ import annotations

import os
import sys

from hitless.cli.ending import INTERRUPTED, end


def main() -> None:
    """The command `hitless`. Serving goes its own short way: no table library is loaded into a server."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show an arrow is no reason to fail
    code = end(_serve if sys.argv[1:2] == ["serve"] else _other_verbs)
    if code == INTERRUPTED:
        os._exit(code)  # a model's thread that still computes does not keep us
    sys.exit(code)


def _serve() -> int:
    from hitless.serving.command import main as serve

    return serve(sys.argv[2:], laptop=True)


def _other_verbs() -> None:
    from hitless.cli.application import application

    application(*sys.argv[1:2])(prog_name="hitless")
