"""Where an image that is not trusted is run: the first engine of this machine that does it, or the one that is named.

Whether it does it is tried, not guessed: an installed engine may lack rights, limits or a network. What is tried is to
start the root folder as a program: an engine that gets as far as to say that it cannot be executed can start others.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.engines.bubblewrap import BubblewrapEngine
from hitless.engines.containers import ContainerEngine
from hitless.engines.found import unknown_engine
from hitless.engines.runc import RuncEngine
from hitless.engines.running import Confinement, Engine, Start, started
from hitless.engines.sandbox import folder_of_run
from hitless.engines.sweeping import reference_of_run, sweep
from hitless.errors import InputError, Problem, UnavailableError
from hitless.images.configuration import empty, made
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.manifest import host_platform
from hitless.images.unpacking import unpack

CONTAINER_ENGINES = ("docker", "podman")
SANDBOXES = {
    "runc": ("runc", "unshare", "nsenter", "mount", "ip", "sed"),
    "bwrap": ("bwrap", "unshare", "nsenter", "mount", "ip", "setpriv"),
}
NAMES = (*CONTAINER_ENGINES, *SANDBOXES)
_TRIED_WITHIN_S = 30.0
# What runc, crun and bubblewrap say of a folder as a program.
_NO_PROGRAM = re.compile(r'exec: \\?"/|execvp /|open executable|executable file .*not found')


@dataclass(frozen=True)
class Place:
    """`subject`: as the engine knows the image. `passed_over`: why not one of those before it, a line for each."""

    engine: Engine
    subject: str
    passed_over: tuple[str, ...] = ()


@contextlib.contextmanager
def place_for(image: Image, name: str = "") -> Iterator[Place]:
    """Where an image is run for the length of a block; what was made for it, and what earlier runs left, is removed.

    InputError for an unknown name; UnavailableError that says what each engine lacks.
    """
    if name and name not in NAMES:
        raise InputError([unknown_engine(name, NAMES)])
    lacking: list[str] = []
    with contextlib.ExitStack() as stack:
        for one in (name,) if name else NAMES:
            with contextlib.ExitStack() as attempt:
                found = _attempted(one, image, attempt)
                if isinstance(found, str):
                    lacking.append(f"{one}: {found}")
                    continue
                stack.push(attempt.pop_all().__exit__)
            yield Place(found[0], found[1], tuple(lacking))
            return
    if name:
        raise UnavailableError(f"{name} cannot be used: {lacking[0].partition(': ')[2]}")
    raise UnavailableError("an image cannot be run here\n    " + "\n    ".join(lacking))


@contextlib.contextmanager
def sandbox_over(folder: Path, command: Sequence[str], name: str = "") -> Iterator[Engine]:
    """Where an unpacked root, which has no configuration, is run with this command. The folder is not written to.

    InputError for an engine that only runs images; UnavailableError that says what each lacks.
    """
    if name and name not in SANDBOXES:
        remedy = f"Choose one of {', '.join(SANDBOXES)}."
        raise InputError([Problem("ENG-2", f"the engine {name!r} runs no unpacked root file system", remedy)])
    configuration = made({**empty(host_platform()).value, "config": {"Cmd": list(command)}})
    lacking = []
    for one in (name,) if name else SANDBOXES:
        engine = RuncEngine(configuration) if one == "runc" else BubblewrapEngine(configuration)
        missing = missing_for(one) or _failure(engine, str(folder))
        if not missing:
            engine.sweep()
            yield engine
            return
        lacking.append(f"{one}: {missing}")
    raise UnavailableError("a root file system cannot be run here\n    " + "\n    ".join(lacking))


def _attempted(name: str, image: Image, stack: contextlib.ExitStack) -> tuple[Engine, str] | str:
    """The engine with the subject, or what it lacks; what is to be undone is on the stack."""
    if missing := missing_for(name):
        return missing
    try:
        engine, subject = _held(name, image, stack) if name in CONTAINER_ENGINES else _unpacked(name, image, stack)
    except UnavailableError as error:
        return str(error)
    return _failure(engine, subject) or (engine, subject)


def missing_for(name: str) -> str:
    """What an engine needs that is not there, as far as a look can tell; empty where nothing is missing."""
    if name in CONTAINER_ENGINES:
        return "" if shutil.which(name) else "it is not installed"
    missing = [program for program in SANDBOXES[name] if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "it needs root here, for networks and owners of files"


def _held(name: str, image: Image, stack: contextlib.ExitStack) -> tuple[Engine, str]:
    engine = ContainerEngine(name)
    engine.version()
    sweep(engine)
    known = engine.identity(image.configuration.digest)
    return engine, known or stack.enter_context(engine.loaded(image, reference_of_run()))


def _unpacked(name: str, image: Image, stack: contextlib.ExitStack) -> tuple[Engine, str]:
    engine = RuncEngine(image.configuration) if name == "runc" else BubblewrapEngine(image.configuration)
    engine.sweep()
    folder = folder_of_run()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    root = folder / "unpacked"
    try:
        unpack(image, root)
    except (OSError, ImageError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.problems[0].message
        raise UnavailableError(f"the image cannot be unpacked: {reason}") from error
    return engine, str(root)


def _failure(engine: Engine, subject: str) -> str:
    """Why it starts nothing; empty where it only says that what it was given is no program."""
    start = Start(subject, command=("/",), user="0:0", confinement=Confinement())
    try:
        with started(engine, start) as instance:
            instance.wait(_TRIED_WITHIN_S)
            said = instance.logs()
    except UnavailableError as error:
        said = str(error)
    return "" if _NO_PROGRAM.search(said) else said.strip() or "it starts nothing, and does not say why"
