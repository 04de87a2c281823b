"""Which container engines this machine has, and whether they can be used: asked, not guessed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from hitless.engines.commands import DIALECTS
from hitless.engines.containers import ContainerEngine
from hitless.errors import InputError, Problem, UnavailableError


@dataclass(frozen=True)
class Found:
    """One engine. `lacking`: why it cannot be used; empty where it can."""

    name: str
    version: str
    lacking: str = ""


def found_engines(names: Iterable[str] = DIALECTS) -> list[Found]:
    """All that are known here, those that are not installed as well."""
    return [_asked(name) for name in names]


def _asked(name: str) -> Found:
    if shutil.which(name) is None:
        return Found(name, "", "it is not installed")
    try:
        return Found(name, ContainerEngine(name).version())
    except UnavailableError as error:
        return Found(name, "", str(error))


def unknown_engine(name: str, known: Iterable[str]) -> Problem:
    """`known`: those that can be named there."""
    return Problem("ENG-2", f"there is no engine {name!r}", f"Choose one of {', '.join(known)}.")


def engine_named(name: str) -> ContainerEngine:
    """The engine that a user named, once it has answered. InputError for an unknown name, else UnavailableError."""
    if name not in DIALECTS:
        raise InputError([unknown_engine(name, DIALECTS)])
    found = _asked(name)
    if found.lacking:
        raise UnavailableError(f"{name} cannot be used: {found.lacking}")
    return ContainerEngine(name)


def any_engine() -> ContainerEngine:
    """The first that can be used; UnavailableError says what each lacks."""
    known = found_engines()
    for found in known:
        if not found.lacking:
            return ContainerEngine(found.name)
    raise UnavailableError(
        "no container engine can be used\n    " + "\n    ".join(f"{one.name}: {one.lacking}" for one in known)
    )
