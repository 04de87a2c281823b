"""Builds an image from a package: reads, resolves, plans, packs, assembles. Starts no engine and pushes nothing."""

from __future__ import annotations

import json
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
from hitless.building.contents import contents_of
from hitless.building.hashing import FileHashes
from hitless.building.plan import Material, plan_layers
from hitless.building.recipe import Recipe
from hitless.building.resolve import resolve
from hitless.building.runtime import REQUIREMENTS
from hitless.building.target import Target
from hitless.building.wheelhouse import Wheelhouse
from hitless.building.wheels import LOCK_FILE, Lock, Wheel, parse_lock
from hitless.errors import InputError, Problem, UnavailableError
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.manifest import Platform
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
    wheels = chosen_wheels(order, facts.target)
    hashes = FileHashes(order.cache / "hashes.json")
    contents = contents_of(order.folder, order.recipe, hashes)
    hashes.save()
    epoch = _epoch()
    house = Wheelhouse(order.cache / "wheels")
    material = Material(
        order.recipe, facts, order.base_name, base_digest, wheels, house, contents,
        interpreter_for(facts.target.python), gzip(), plain(), epoch,
    )  # fmt: skip
    plans = plan_layers(material)
    cache, docker = LayerCache(order.cache), order.base.is_docker
    made = make_layers(
        plans, cache, order.reuse, lambda needed: house.fetch(needed, facts.target), order.begun, docker=docker
    )
    labels = {BASE_DIGEST: base_digest, **({BASE_NAME: order.base_name} if order.base_name else {})}
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    configuration = execution(order.base.configuration, order.recipe, order.contract.port, labels)
    image = assemble(order.base, made, plans, configuration, created)
    return Built(image, tuple(made), facts, wheels, time.perf_counter() - started, tuple(_notes(material)))


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
    with suppress(OSError, ValueError, KeyError, TypeError):
        return from_json(json.loads(place.read_text(encoding="utf-8")))
    order.begun(f"looking into {order.base_what}")
    facts = facts_of(flatten(order.base, wanted), order.base.configuration, order.base_what)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as written:
            written.write(json.dumps(as_json(facts)).encode())
    return facts


def chosen_wheels(order: Order, target: Target) -> tuple[Wheel, ...]:
    """Those of the lock file where it still fits; else resolved, and locked. WithoutWheelError."""
    own = requirements_of(order)
    requirements = [*own, *REQUIREMENTS]
    files = [_adopted(order, line) for line in own if line.startswith((".", "/")) and line.endswith(".whl")]
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
    wheels = resolve(_with_compiled(requirements, order.compiled), target, folder=order.folder)
    try:
        with replacing(file) as written:
            written.write(lock.with_target(target, asked, wheels).text().encode())
    except OSError as error:
        raise UnavailableError(f"{file} cannot be written: {error.strerror}") from error
    return wheels


def _adopted(order: Order, line: str) -> str:
    """The hash of a wheel that is a file of the user's; it is kept with the others."""
    try:
        return Wheelhouse(order.cache / "wheels").adopt(order.folder / line)[0]
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


def host_platform() -> Platform:
    """Of this machine."""
    machines: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    machine = os.uname().machine
    return Platform(machines.get(machine, machine), "linux")
