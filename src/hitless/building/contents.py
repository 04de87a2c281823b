"""A package's folder → the files that go into the image, apart: weights, and all the rest."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from hitless.building.bootfile import PACKAGE
from hitless.building.hashing import FileHashes
from hitless.building.recipe import Recipe
from hitless.building.wheels import LOCK_FILE
from hitless.errors import InputError, Problem
from hitless.images.tarball import FILE, PROGRAM, Entry

_HIDDEN = (".*", "__pycache__", "*.pyc")
_NEVER = (*_HIDDEN, LOCK_FILE, "Dockerfile")
_LEAST_WEIGHT = 32_768  # bytes; smaller files change with the code


@dataclass(frozen=True)
class Files:
    """Files for one layer. `inputs`: path, mode and hash of each, which is all that decides its bytes."""

    entries: tuple[Entry, ...]
    inputs: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Contents:
    weights: Files
    code: Files


def contents_of(folder: Path, recipe: Recipe, hashes: FileHashes, *, installed: Sequence[str] = ()) -> Contents:
    """Every file of the package but hidden ones and those left out. InputError for links that lead elsewhere.

    `installed`: wheels, as paths from the folder: they are in the image as what is in them, and not once more.
    """
    root = folder.resolve()
    twice = {(folder / path).resolve() for path in installed}
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in _files(folder, recipe.leave_out)
        if path.suffix != ".whl" or path.resolve() not in twice
    }
    lost = [name for name, path in paths.items() if not path.exists() or not path.resolve().is_relative_to(root)]
    if lost:
        remedy = "Copy what it points at into the package, or leave it out: [build] leave-out."
        where = {name: paths[name].resolve() for name in lost}
        raise InputError(
            [
                Problem(
                    "BUILD-20", f"{name} is a link to {place}, which is no file of the package", remedy, str(folder)
                )
                for name, place in where.items()
            ]
        )
    regular = {name: path for name, path in paths.items() if stat.S_ISREG(path.stat().st_mode)}
    weights = {name for name, path in regular.items() if _is_weight(name, path.stat().st_size, recipe)}
    return Contents(
        _together({name: path for name, path in regular.items() if name in weights}, hashes),
        _together({name: path for name, path in regular.items() if name not in weights}, hashes),
    )


def listing(folder: Path, recipe: Recipe) -> Mapping[str, int]:
    """Sizes (bytes) of the files that are not left out; with a Dockerfile, though no image gets it."""
    paths = {path.relative_to(folder).as_posix(): path for path in _files(folder, recipe.leave_out, _HIDDEN)}
    return {name: path.stat().st_size for name, path in paths.items() if path.is_file()}


def _together(paths: Mapping[str, Path], hashes: FileHashes) -> Files:
    entries = [_entry(f"{PACKAGE[1:]}/{name}", path) for name, path in paths.items()]
    digests = [hashes.sha256(path) for path in paths.values()]
    inputs = [(entry.path, entry.mode, digest) for entry, digest in zip(entries, digests, strict=True)]
    return Files(tuple(entries), tuple(inputs))


def _entry(name: str, path: Path) -> Entry:
    facts = path.stat()
    mode = PROGRAM if facts.st_mode & stat.S_IXUSR else FILE
    return Entry(name, mode, facts.st_size, lambda: path.open("rb"))


def _is_weight(name: str, size: int, recipe: Recipe) -> bool:
    return size >= _LEAST_WEIGHT and any(_matches(name, pattern) for pattern in recipe.weights)


def _files(folder: Path, left_out: tuple[str, ...], never: tuple[str, ...] = _NEVER) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not _is_one_of(path.name, never):
            yield from _below(path, path.name, left_out, never)


def _below(path: Path, name: str, left_out: tuple[str, ...], never: tuple[str, ...]) -> Iterator[Path]:
    if any(_matches(name, pattern) for pattern in left_out):
        return
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            if not _is_one_of(inner.name, never):
                yield from _below(inner, f"{name}/{inner.name}", left_out, never)
    else:
        yield path


def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    """`*.onnx` in any folder, `notes/*` and `notes` from the top."""
    pattern = pattern.rstrip("/")
    return fnmatch(name, pattern) or ("/" not in pattern and fnmatch(name.rpartition("/")[2], pattern))
