"""A package's folder → the files that go into the image, apart: weights, and all the rest."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from hitless.building.bootfile import PACKAGE
from hitless.building.recipe import Recipe
from hitless.building.wheels import LOCK_FILE
from hitless.errors import InputError, Problem
from hitless.images.tarball import FILE, PROGRAM, Entry

_NEVER = ("__pycache__", "*.pyc", LOCK_FILE, "Dockerfile")
_LEAST_WEIGHT = 1 << 20  # bytes; smaller files change with the code


@dataclass(frozen=True)
class Contents:
    """Both as files of the image; `folders` are the package's own."""

    weights: tuple[Entry, ...]
    code: tuple[Entry, ...]


def contents_of(folder: Path, recipe: Recipe) -> Contents:
    """Every file of the package but hidden ones and those left out. InputError for links that lead outside."""
    weights: list[Entry] = []
    code: list[Entry] = []
    problems = []
    for path in _files(folder, recipe.leave_out):
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(folder.resolve()):
            problems.append(Problem("BUILD-20", f"{name} is a link to {path.resolve()}, outside of the package",
                                    "Copy what it points at into the package.", str(folder)))  # fmt: skip
            continue
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            continue
        mode = PROGRAM if facts.st_mode & stat.S_IXUSR else FILE
        entry = Entry(f"{PACKAGE[1:]}/{name}", mode, facts.st_size, lambda path=path: path.open("rb"))  # type: ignore[misc]
        (weights if _is_weight(name, facts.st_size, recipe) else code).append(entry)
    if problems:
        raise InputError(problems)
    return Contents(tuple(weights), tuple(code))


def _is_weight(name: str, size: int, recipe: Recipe) -> bool:
    return size >= _LEAST_WEIGHT and any(_matches(name, pattern) for pattern in recipe.weights)


def _files(folder: Path, left_out: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.name
        if name.startswith(".") or any(fnmatch(name, pattern) for pattern in _NEVER):
            continue
        yield from _below(path, name, left_out)


def _below(path: Path, name: str, left_out: tuple[str, ...]) -> Iterator[Path]:
    if any(_matches(name, pattern) for pattern in left_out):
        return
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            if not inner.name.startswith(".") and not any(fnmatch(inner.name, pattern) for pattern in _NEVER):
                yield from _below(inner, f"{name}/{inner.name}", left_out)
    else:
        yield path


def _matches(name: str, pattern: str) -> bool:
    """`*.onnx` in any folder, `notes/*` and `notes` from the top."""
    pattern = pattern.rstrip("/")
    return fnmatch(name, pattern) or ("/" not in pattern and fnmatch(name.rpartition("/")[2], pattern))
