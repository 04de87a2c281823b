"""Plans and a base → the image: layers found again or packed, the configuration on top of the base's."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.building.bootfile import BOOT_FILE, PACKAGE
from hitless.building.cache import LayerCache
from hitless.building.installing import VENV
from hitless.building.keys import MARK
from hitless.building.plan import LayerPlan
from hitless.building.recipe import Recipe
from hitless.images.configuration import Configuration
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.tarball import tar_pieces

COMMAND = ["sh", BOOT_FILE]  # BOOT-1


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
    plans: Sequence[LayerPlan], cache: LayerCache, reuse: Reuse, begun: Callable[[str], None], *, docker: bool
) -> list[Made]:
    """The layers of the plans, in order; `begun` hears the name of each that has to be made."""
    made = []
    for plan in plans:
        started = time.perf_counter()
        found = _found(plan, cache, reuse)
        if found is None:
            begun(plan.name)
            found = _packed(plan, cache, docker=docker)
        layer, unpacked, origin = found
        made.append(Made(plan.name, layer, unpacked, origin, time.perf_counter() - started))
    return made


def _found(plan: LayerPlan, cache: LayerCache, reuse: Reuse) -> tuple[Layer, int, str] | None:
    if plan.is_kept and (known := cache.find(plan.key)) is not None:
        return known[0], known[1].unpacked, "cache"
    if (remote := reuse(plan.key)) is not None:
        return *remote, "registry"
    return None


def _packed(plan: LayerPlan, cache: LayerCache, *, docker: bool) -> tuple[Layer, int, str]:
    if not plan.is_kept:
        layer, record, known = cache.measure(plan.key, lambda: tar_pieces(plan.entries(Path())), docker=docker)
        return layer, record.unpacked, "cache" if known else "made"
    with tempfile.TemporaryDirectory(prefix="hitless-build-") as scratch:
        layer, record = cache.pack(plan.key, tar_pieces(plan.entries(Path(scratch))), plan.packing, docker=docker)
    return layer, record.unpacked, "made"


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
    path = base.environment.get("PATH") or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
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
