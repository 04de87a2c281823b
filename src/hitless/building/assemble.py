"""Plans and a base → the image: layers found again or packed, the configuration on top of the base's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from hitless.building.base import PATH
from hitless.building.bootfile import BOOT_FILE, PACKAGE
from hitless.building.cache import LayerCache
from hitless.building.keys import MARK
from hitless.building.places import VENV
from hitless.building.plan import LayerPlan
from hitless.building.recipe import Recipe
from hitless.building.wheels import Wheel
from hitless.images.configuration import Configuration
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.tarball import tar_pieces

COMMAND = ["sh", BOOT_FILE]  # BOOT-1
_AT_ONCE = 2  # layers; the last ones first, as bytecode takes longest


@dataclass(frozen=True)
class Made:
    """One layer of a build: what became of its plan. Sizes in bytes, `seconds` of making it."""

    name: str
    layer: Layer
    unpacked: int
    origin: str  # "made", "cache" or "registry"
    seconds: float


Reuse = Callable[[str], tuple[Layer, int] | None]  # key → layer and unpacked size, from an image that was pushed before


def no_reuse(_: str) -> None:
    """For a build without a previous image."""


def make_layers(
    plans: Sequence[LayerPlan],
    cache: LayerCache,
    reuse: Reuse,
    fetch: Callable[[Sequence[Wheel]], None],
    begun: Callable[[str], None],
    *,
    docker: bool,
) -> list[Made]:
    """The layers of the plans, in order; `begun` hears the name of each that has to be made, from several threads.

    `fetch` is asked once for all wheels that are needed, and for none of layers that are found.
    """
    found = {plan.key: known for plan in plans if (known := _found(plan, cache, reuse, docker=docker)) is not None}
    missing = [plan for plan in plans if plan.key not in found]
    needed = {wheel for plan in missing for wheel in plan.wheels}
    if needed:
        fetch(sorted(needed))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        making = {plan.key: threads.submit(_make, plan, cache, begun, docker=docker) for plan in missing[::-1]}
        try:
            return [found[plan.key] if plan.key in found else making[plan.key].result() for plan in plans]
        finally:
            threads.shutdown(cancel_futures=True)


def _found(plan: LayerPlan, cache: LayerCache, reuse: Reuse, *, docker: bool) -> Made | None:
    if plan.is_kept and (known := cache.find(plan.key)) is not None:
        return Made(plan.name, known[0], known[1].unpacked, "cache", 0.0)
    if not plan.is_kept and cache.has(plan.key):
        return _measured(plan, cache, "cache", docker=docker)
    if (remote := reuse(plan.key)) is not None:
        return Made(plan.name, *remote, "registry", 0.0)
    return None


def _make(plan: LayerPlan, cache: LayerCache, begun: Callable[[str], None], *, docker: bool) -> Made:
    begun(plan.name)
    if not plan.is_kept:
        return _measured(plan, cache, "made", docker=docker)
    started = time.perf_counter()
    with ExitStack() as until_packed:
        pieces = tar_pieces(plan.entries(until_packed))
        layer, record = cache.pack(plan.key, pieces, plan.packing, docker=docker)
    return Made(plan.name, layer, record.unpacked, "made", time.perf_counter() - started)


def _measured(plan: LayerPlan, cache: LayerCache, origin: str, *, docker: bool) -> Made:
    started = time.perf_counter()
    layer, record = cache.measure(plan.key, lambda: tar_pieces(plan.entries(ExitStack())), docker=docker)
    return Made(plan.name, layer, record.unpacked, origin, time.perf_counter() - started)


def assemble(
    base: Image, made: Sequence[Made], plans: Sequence[LayerPlan], configuration: Mapping[str, object], created: str
) -> Image:
    """The base with the layers on top, and what the image says of itself changed."""
    history = [
        {"created": created, "created_by": f"hitless build: {one.name}", "comment": f"{MARK}{plan.key}:{one.unpacked}"}
        for one, plan in zip(made, plans, strict=True)
    ]
    image = base.on_top([one.layer for one in made], history, created)
    return image.configured(image.configuration.executing(**configuration))


def execution(base: Configuration, recipe: Recipe, port: int, labels: Mapping[str, str]) -> Mapping[str, object]:
    """What is started, as whom, with what: over what the base says."""
    path = base.environment.get("PATH") or PATH
    environment = {**base.environment, "PATH": f"/{VENV}/bin:{path}", **recipe.environment}
    return {
        "Entrypoint": None,  # the base's would get our command as its arguments
        "Cmd": COMMAND,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "User": recipe.user,
        "WorkingDir": PACKAGE,
        "ExposedPorts": {f"{port}/tcp": {}},
        "StopSignal": "SIGTERM",
        "Labels": {**base.labels, **labels, **recipe.labels},
    }


def reusable(image: Image) -> Reuse:
    """The layers of an image by the keys that its history records."""
    known: dict[str, tuple[Layer, int]] = {}
    filled = [entry for entry in image.configuration.history if not entry.get("empty_layer")]
    if len(filled) == len(image.layers):
        for entry, layer in zip(filled, image.layers, strict=True):
            key, _, unpacked = str(entry.get("comment", "")).removeprefix(MARK).partition(":")
            if unpacked.isdecimal():
                known[key] = layer, int(unpacked)
    return known.get
