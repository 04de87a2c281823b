"""Builds an image from a package: reads, resolves, plans, packs, assembles. Starts no engine and pushes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hitless.building.assemble import Made, Reuse, assemble, execution, make_layers, no_reuse
from hitless.building.base import BaseFacts, as_json, check_batch, facts_of, from_json, wanted
from hitless.building.bytecode import interpreter_for
from hitless.building.cache import LayerCache
from hitless.building.compiled_wheels import compiled_in_base
from hitless.building.contents import contents_of
from hitless.building.dockerfile import lacking
from hitless.building.hashing import FileHashes
from hitless.building.listings import ListingCache
from hitless.building.plan import Material, plan_layers
from hitless.building.recipe import Recipe
from hitless.building.resolve import resolve
from hitless.building.runtime import REQUIREMENTS
from hitless.building.target import Target
from hitless.building.wheelhouse import Wheelhouse
from hitless.building.wheels import LOCK_FILE, Lock, Wheel, WithoutWheelError, parse_lock
from hitless.errors import InputError, Problem, UnavailableError
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.packing import gzip, plain
from hitless.images.replacing import replacing
from hitless.images.tarball import EPOCH
from hitless.spec.contract import Contract

Begun = Callable[[str], None]
BASE_NAME, BASE_DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


@dataclass(frozen=True)
class Built:
    """What a build made. `seconds` of the whole; `made` from the lowest layer of ours to the highest."""

    image: Image
    made: tuple[Made, ...]
    facts: BaseFacts
    wheels: tuple[Wheel, ...]
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What to build from. `upgrade`: resolve anew, whatever the lock file says."""

    folder: Path
    contract: Contract
    recipe: Recipe
    base: Image
    base_name: str  # its reference; empty for a path, which differs from machine to machine
    base_what: str  # for messages
    cache: Path
    reuse: Reuse = no_reuse
    begun: Begun = field(default=lambda _: None)
    upgrade: bool = False
    compiled: Mapping[str, Path] = field(default_factory=dict)  # wheels made here of packages that have none, by name
    base_digest: str = ""  # of the base that was named, where `base` has more on top; empty: its own


def build(order: Order) -> Built:
    """InputError for what the user can mend, UnavailableError for what is away."""
    started = time.perf_counter()
    facts = base_facts(order)
    base_digest = order.base_digest or order.base.digest
    if order.recipe.batch:
        check_batch(facts, order.base_what)
    if missing := lacking(facts, () if order.base_digest else order.recipe.system_packages):
        raise InputError([_needs_an_engine(missing, order.base_what)])
    wheels = chosen_wheels(order, facts.target)
    hashes = FileHashes(order.cache / "hashes.json")
    contents = contents_of(order.folder, order.recipe, hashes, installed=_own_wheels(order))
    hashes.save()
    epoch = _epoch()
    material = Material(
        order.recipe, facts, order.base_name, base_digest, wheels, _house(order), contents,
        interpreter_for(facts.target.python), gzip(), plain(), epoch,
    )  # fmt: skip
    plans = plan_layers(material)
    cache, docker = LayerCache(order.cache), order.base.is_docker
    made = make_layers(
        plans, cache, order.reuse, lambda needed: _fetch(order, facts, needed), order.begun, docker=docker
    )
    labels = {BASE_DIGEST: base_digest, **({BASE_NAME: order.base_name} if order.base_name else {})}
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    configuration = execution(order.base.configuration, order.recipe, order.contract.port, labels)
    image = assemble(order.base, made, plans, configuration, created)
    return Built(image, tuple(made), facts, wheels, time.perf_counter() - started, tuple(_notes(material)))


def _needs_an_engine(packages: Sequence[str], base: str) -> Problem:
    return Problem(
        "BUILD-33",
        f"{base} does not have {', '.join(packages)}, which cannot be installed without an engine",
        "Add --engine docker, podman or buildah; or build on a base that has them: `hitless dockerfile` prints one.",
        "hitless.toml",
        path="build.system-packages",
    )


def _notes(material: Material) -> list[str]:
    python = ".".join(map(str, material.facts.target.python))
    if material.interpreter is None:
        return [f"there is no Python {python} on this machine: the image has no bytecode and starts more slowly"]
    return []


def _epoch() -> int:
    """The time of everything (reproducible-builds.org, SOURCE_DATE_EPOCH)."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return EPOCH
    if not given.isdecimal() or int(given) > 253_402_300_799:
        remedy = "Give seconds since 1970 as a whole number, or unset it."
        raise InputError([Problem("BUILD-5", f"SOURCE_DATE_EPOCH is {given!r}", remedy)])
    return int(given)


def base_facts(order: Order) -> BaseFacts:
    """Those of a digest never change: they are read from its layers once."""
    place = order.cache / "bases" / order.base.digest.partition(":")[2]
    with suppress(OSError, ValueError):
        return from_json(place.read_bytes())
    order.begun(f"looking into {order.base_what}")
    files = flatten(order.base, wanted, listings=ListingCache(order.cache))
    facts = facts_of(files, order.base.configuration, order.base_what)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as written:
            written.write(as_json(facts))
    return facts


def chosen_wheels(order: Order, target: Target) -> tuple[Wheel, ...]:
    """Those of the lock file where it still fits; else resolved, and locked. WithoutWheelError."""
    own = requirements_of(order)
    requirements = [*own, *REQUIREMENTS]
    files = [_adopted(order, line) for line in _own_wheels(order)]
    asked = sha256("\n".join([*requirements, *files]).encode()).hexdigest()
    file = order.folder / LOCK_FILE
    try:
        lock = parse_lock(file.read_text(encoding="utf-8"), str(file))
    except FileNotFoundError:
        lock = Lock({})
    known = None if order.upgrade else lock.wheels(target, asked)
    if known is not None:
        return known
    order.begun("choosing the packages")
    wheels = _resolved(order, requirements, target)
    try:
        with replacing(file) as written:
            written.write(lock.with_target(target, asked, wheels).text().encode())
    except OSError as error:
        raise UnavailableError(f"{file} cannot be written: {error.strerror}") from error
    return wheels


def _resolved(order: Order, requirements: Sequence[str], target: Target) -> tuple[Wheel, ...]:
    """What has no wheel at an index is taken from the base, if that has one. WithoutWheelError."""
    compiled = dict(order.compiled)
    while True:
        try:
            return resolve(_with_compiled(requirements, compiled), target, folder=order.folder)
        except WithoutWheelError as error:
            found = compiled_in_base(order.base, base_facts(order), error.names, _house(order))
            if not found or set(found) <= set(compiled):
                raise
            compiled = {**found, **compiled}


def _fetch(order: Order, facts: BaseFacts, wheels: Sequence[Wheel]) -> None:
    """Have them here: those that the base has are not looked for elsewhere."""
    house = _house(order)
    compiled_in_base(order.base, facts, [wheel.name for wheel in house.missing(wheels)], house)
    house.fetch(wheels, facts.target)


def _house(order: Order) -> Wheelhouse:
    return Wheelhouse(order.cache / "wheels")


def _own_wheels(order: Order) -> list[str]:
    """The requirements that are wheels of the user's, as they are written: paths from the package's folder."""
    return [line for line in requirements_of(order) if line.startswith((".", "/")) and line.endswith(".whl")]


def _adopted(order: Order, line: str) -> str:
    """The hash of a wheel that is a file of the user's; it is kept with the others."""
    try:
        return _house(order).adopt(order.folder / line)[0]
    except OSError as error:
        raise _unreadable(order.folder / line, error, "packages") from error


def _with_compiled(requirements: Sequence[str], compiled: Mapping[str, Path]) -> list[str]:
    """The requirements with files in the place of those that were compiled."""
    others = [line for line in requirements if name_of(line) not in compiled]
    return [*others, *map(str, compiled.values())]


def name_of(requirement: str) -> str:
    """The package that is asked for; empty for paths, comments and options of requirement files."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def requirements_of(order: Order) -> Sequence[str]:
    if not order.recipe.requirements:
        return order.recipe.packages
    file = order.folder / order.recipe.requirements
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error, "requirements") from error
    return [line.strip() for line in text.splitlines()]


def _unreadable(file: Path, error: Exception, key: str) -> InputError:
    remedy = f"Name the file in hitless.toml as it is called: [build] {key}."
    return InputError([Problem("BUILD-6", f"{file} cannot be read: {error}", remedy)])
