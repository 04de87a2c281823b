"""The command line: one file a verb. The only place where features meet, print and exit."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `hitless`. Serving goes its own short way: no table library is loaded into a server."""
    if sys.argv[1:2] == ["serve"]:
        from hitless.serving.__main__ import main as serve

        sys.exit(serve(sys.argv[2:], laptop=True))
