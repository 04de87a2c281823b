"""Python sources → .pyc files that never look at times (PEP 552), compiled by fresh processes of the same version.

Which files share a process depends on nothing but their order: what marshal writes may depend on its neighbours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path, PurePosixPath

from hitless.errors import UnavailableError
from hitless.images.tarball import Entry

_LONGEST_S = 600.0
_LOT = 250  # files that share a process
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
_Job = tuple[Path, str, Path]  # source, its place in the image, target


def interpreter_for(python: tuple[int, int]) -> str | None:
    """An interpreter of this version on this machine, or None."""
    if sys.version_info[:2] == python:
        return sys.executable
    return shutil.which(f"python{python[0]}.{python[1]}")


def compiled(sources: Iterable[Entry], interpreter: str, python: tuple[int, int], scratch: Path) -> list[Entry]:
    """The bytecode of all `.py` entries, at its place; `scratch` stays until it has been packed. UnavailableError."""
    jobs = [
        _job(entry, scratch / str(number))
        for number, entry in enumerate(sources)
        if entry.open is not None and entry.path.endswith(".py")
    ]
    lots = [jobs[start : start + _LOT] for start in range(0, len(jobs), _LOT)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for _ in threads.map(lambda lot: _compile(lot, interpreter), lots):
            pass
    return [
        Entry(_place(shown, python), size=target.stat().st_size, open=lambda target=target: target.open("rb"))  # type: ignore[misc]
        for _, shown, target in jobs
        if target.exists()
    ]


def _job(entry: Entry, place: Path) -> _Job:
    source = place.with_suffix(".py")
    if entry.open is not None:
        with closing(entry.open()) as file:
            source.write_bytes(file.read())
    return source, entry.path, place.with_suffix(".pyc")


def _compile(jobs: Sequence[_Job], interpreter: str) -> None:
    text = "\0".join(f"{source}\n/{shown}\n{target}" for source, shown, target in jobs)
    command = [interpreter, "-I", "-S", "-c", _PROGRAM]
    try:
        done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=_LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"the bytecode cannot be made: {error}") from error
    if done.returncode:
        raise UnavailableError(f"the bytecode cannot be made: {done.stderr[-600:]}")


def _place(source: str, python: tuple[int, int]) -> str:
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-{python[0]}{python[1]}.pyc")
