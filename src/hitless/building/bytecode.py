"""Python sources → .pyc files that never look at times (PEP 552), compiled in one fresh process of the same version."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path, PurePosixPath

from hitless.errors import UnavailableError
from hitless.images.tarball import Entry

_LONGEST_S = 600.0
_PROGRAM = """\
import py_compile, sys
for line in sys.stdin.read().split("\\0"):
    if line:
        source, shown, target = line.split("\\n")
        try:
            py_compile.compile(source, target, shown, True, -1, py_compile.PycInvalidationMode.UNCHECKED_HASH, 2)
        except (py_compile.PyCompileError, ValueError):
            pass  # templates and tests of broken code: they are compiled by nobody
"""


def interpreter_for(python: tuple[int, int]) -> str | None:
    """An interpreter of this version on this machine, or None."""
    if sys.version_info[:2] == python:
        return sys.executable
    return shutil.which(f"python{python[0]}.{python[1]}")


def compiled(sources: Iterable[Entry], interpreter: str, python: tuple[int, int], scratch: Path) -> list[Entry]:
    """The bytecode of all `.py` entries, at its place; `scratch` stays until it has been packed. UnavailableError."""
    jobs = []
    for number, entry in enumerate(sources):
        if entry.open is None or not entry.path.endswith(".py"):
            continue
        source, target = scratch / f"{number}.py", scratch / f"{number}.pyc"
        with closing(entry.open()) as file:
            source.write_bytes(file.read())
        jobs.append((source, entry.path, target))
    text = "\0".join(f"{source}\n/{shown}\n{target}" for source, shown, target in jobs)
    command = [interpreter, "-I", "-S", "-c", _PROGRAM]
    try:
        done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=_LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"the bytecode cannot be made: {error}") from error
    if done.returncode:
        raise UnavailableError(f"the bytecode cannot be made: {done.stderr[-600:]}")
    return [
        Entry(_place(shown, python), size=target.stat().st_size, open=lambda target=target: target.open("rb"))  # type: ignore[misc]
        for _, shown, target in jobs
        if target.exists()
    ]


def _place(source: str, python: tuple[int, int]) -> str:
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-{python[0]}{python[1]}.pyc")
