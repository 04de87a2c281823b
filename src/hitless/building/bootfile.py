"""Renders the boot file, /home/run.sh (BOOT-1): what `sh` does on the way to the server. Writes no file, looks at none.

POSIX sh and builtins only: it runs under dash, bash and busybox, as PID 1 and as a child. `exec` leaves no shell
behind, so signals reach the server itself and its exit status is the container's (EXIT-1).
"""

from __future__ import annotations

import shlex
import unicodedata

BOOT_FILE = "/home/run.sh"
# Not below /home: platforms mount storage there, and what lies under a mount is gone.
PYTHON = "/opt/hitless/venv/bin/python"
PACKAGE = "/opt/hitless/package"

# `cd`: one working folder wherever it is started from, so that a model opens its files as it does under `hitless serve`
# in the package's folder. `-P`: no file of that folder can take the place of a module of the server.
_BEFORE = """\
#!/bin/sh
# Starts the inference server of this image: sh /home/run.sh [OPTION]...
# Options are those of `hitless serve`, also read from the environment: --linger 30, HITLESS_LINGER=30.
# HITLESS_PACKAGE=DIR serves another model package, such as a mounted one.

"""
_AFTER = """\
if [ -n "${HITLESS_PACKAGE:-}" ]; then
  package=$HITLESS_PACKAGE
fi

fail() {
  printf '%s: %s\\n' "$0" "$2" >&2
  exit "$1"
}

[ -e "$python" ] || fail 127 "there is no Python interpreter at $python; build the image anew."
cd "$package" || fail 2 "the model package $package cannot be opened; build the image anew, or set HITLESS_PACKAGE."
exec "$python" -P -m hitless.serving "$PWD" "$@"
"""


def boot_file(*, python: str = PYTHON, package: str = PACKAGE) -> str:
    """The text of /home/run.sh: lines end with LF; to be written as UTF-8 without a BOM.

    `python` is the interpreter (3.11 or newer) that has hitless, `package` the folder of the model package; both are
    absolute paths in the image. ValueError for one that is not, or that a script cannot carry unchanged.
    """
    return f"{_BEFORE}python={_quoted(python)}\npackage={_quoted(package)}\n{_AFTER}"


def _quoted(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is no absolute path")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        raise ValueError(f"{path!r} holds control characters or bytes that are no text")
    return shlex.quote(path)
