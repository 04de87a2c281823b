"""Package, wheels and base → the layers of the image, from what changes seldom to what changes daily. Packs nothing.

Each layer has a key of everything that decides its bytes, and makes its files only when somebody needs them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from hitless.building.base import BaseFacts
from hitless.building.bill import BILL, bill_of
from hitless.building.bytecode import compiled
from hitless.building.contents import Contents
from hitless.building.keys import key_of
from hitless.building.places import site_packages
from hitless.building.recipe import Recipe
from hitless.building.runtime import runtime_files
from hitless.building.users import GID, HOME, UID, with_user
from hitless.building.wheelhouse import Wheelhouse
from hitless.building.wheels import Wheel
from hitless.images.packing import Packing
from hitless.images.tarball import EPOCH, FOLDER, Entry, of_bytes

_OURS = ("opt/hitless", "home/ma-user")  # folders that we own, with all below
_HEAVY = 8_000_000  # bytes of a wheel that has a layer of its own
_MOST_HEAVY = 24  # such layers; an image may have 127


@dataclass(frozen=True)
class LayerPlan:
    """One layer to be. `entries` makes its files, of `wheels`; they are there until what it is given is closed."""

    name: str
    key: str
    packing: Packing
    entries: Callable[[ExitStack], Sequence[Entry]]
    wheels: tuple[Wheel, ...] = ()
    is_kept: bool = True  # its bytes, in the cache; those of weights are not


@dataclass(frozen=True)
class Material:
    """All that a plan is made of."""

    recipe: Recipe
    facts: BaseFacts
    base_name: str
    base_digest: str
    wheels: tuple[Wheel, ...]
    house: Wheelhouse
    contents: Contents
    interpreter: str | None  # of the image's version, on this machine; without one there is no bytecode
    packing: Packing
    plain: Packing
    epoch: int = EPOCH


def plan_layers(material: Material) -> list[LayerPlan]:
    """From the lowest layer to the highest."""
    heavy = sorted((w for w in material.wheels if w.size >= _HEAVY), key=lambda w: (-w.size, w.name))[:_MOST_HEAVY]
    others = [wheel for wheel in material.wheels if wheel not in heavy]
    plans = [_wheels(material, wheel.name, [wheel]) for wheel in sorted(heavy)]
    if others:
        plans.append(_wheels(material, "other packages", others))
    if material.wheels and material.interpreter is not None:
        plans.append(_bytecode(material, material.interpreter))
    if material.contents.weights.entries:
        plans.append(_weights(material))
    return [*plans, _runtime(material), _bill(material), _package(material)]


def _plan(
    material: Material,
    name: str,
    inputs: Sequence[object],
    entries: Callable[[ExitStack], Iterable[Entry]],
    wheels: Sequence[Wheel] = (),
) -> LayerPlan:
    key = key_of(name, inputs, epoch=material.epoch, packing=material.packing.identity)
    return LayerPlan(name, key, material.packing, lambda stack: finished(entries(stack), material.epoch), tuple(wheels))


def _wheels(material: Material, name: str, wheels: Sequence[Wheel]) -> LayerPlan:
    trim, strips = material.recipe.trim, material.recipe.strip

    def entries(stack: ExitStack) -> list[Entry]:
        return _installed(material, wheels, lambda path: not _is_trimmed(path, trim), stack, strips=strips)

    return _plan(material, name, _inputs(material, wheels), entries, wheels)


def _inputs(material: Material, wheels: Sequence[Wheel]) -> list[object]:
    recipe = material.recipe
    return [site_packages(material.facts.target), list(recipe.trim), recipe.strip, [wheel.sha256 for wheel in wheels]]


def _installed(
    material: Material, wheels: Sequence[Wheel], keeps: Callable[[str], bool], stack: ExitStack, *, strips: bool
) -> list[Entry]:
    from hitless.building.installing import installed  # a build that makes no layer of wheels does without it

    target, house = material.facts.target, material.house
    return [
        entry for wheel in wheels for entry in installed(wheel, house.path(wheel), target, keeps, stack, strips=strips)
    ]


def _is_trimmed(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _bytecode(material: Material, interpreter: str) -> LayerPlan:
    def keeps(path: str) -> bool:
        return path.endswith(".py") and not _is_trimmed(path, material.recipe.trim)

    def entries(stack: ExitStack) -> list[Entry]:
        sources = _installed(material, material.wheels, keeps, stack, strips=False)
        return compiled(sources, interpreter, material.facts.target.python, _scratch(stack))

    return _plan(material, "bytecode", _inputs(material, material.wheels), entries, material.wheels)


def _scratch(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hitless-build-")))


def _weights(material: Material) -> LayerPlan:
    files = material.contents.weights
    key = key_of("weights", files.inputs, epoch=material.epoch, packing=material.plain.identity)
    return LayerPlan("weights", key, material.plain, lambda _: finished(files.entries, material.epoch), is_kept=False)


def _runtime(material: Material) -> LayerPlan:
    facts = material.facts
    passwd, group = with_user(facts.passwd, facts.group)
    sources = [
        *runtime_files(facts.target, facts.python),
        *([of_bytes("etc/passwd", passwd.encode())] if passwd != facts.passwd else []),
        *([of_bytes("etc/group", group.encode())] if group != facts.group else []),
        Entry(HOME[1:], 0o750, is_folder=True, uid=UID, gid=GID),
    ]
    inputs: list[object] = [(entry.path, entry.mode, entry.link, _hash(entry)) for entry in sources]
    interpreter = material.interpreter

    def entries(stack: ExitStack) -> list[Entry]:
        if interpreter is None:
            return sources
        return [*sources, *compiled(sources, interpreter, facts.target.python, _scratch(stack))]

    return _plan(material, "hitless", [*inputs, interpreter is not None], entries)


def _bill(material: Material) -> LayerPlan:
    """By itself: it changes with every update of the base, and no other layer of ours does."""
    facts = material.facts
    bill = of_bytes(
        BILL, bill_of(material.wheels, material.base_name, material.base_digest, facts.system, facts.system_packages)
    )
    return _plan(material, "sbom", [_hash(bill)], lambda _: [bill])


def _hash(entry: Entry) -> str:
    if entry.open is None:
        return ""
    with closing(entry.open()) as file:
        return hashlib.sha256(file.read()).hexdigest()


def _package(material: Material) -> LayerPlan:
    files = material.contents.code
    return _plan(material, "package", files.inputs, lambda _: files.entries)


def finished(entries: Iterable[Entry], epoch: int) -> list[Entry]:
    """With the folders that are ours, and one time for all; a file that two wheels bring is taken once."""
    found = {entry.path: entry for entry in entries}
    for path in list(found):
        for parent in PurePosixPath(path).parents:
            if str(parent).startswith(_OURS):
                found.setdefault(str(parent), Entry(str(parent), FOLDER, is_folder=True))
    return [replace(entry, mtime=epoch) for entry in found.values()]
