"""The base with packages of its system: made by a container engine once, then a layer like all others.

What an engine makes has another digest each time. Its layer is kept under a key of all that was asked for, and found
again by it: in the cache, or in the image that was pushed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hitless.building.assemble import Reuse
from hitless.building.base import BaseFacts
from hitless.building.builder import Order, base_facts, chosen_wheels, name_of, requirements_of
from hitless.building.cache import LayerCache
from hitless.building.compiled_wheels import compiled_in
from hitless.building.debian import CREATED
from hitless.building.dockerfile import compiling, extending, installing, lacking
from hitless.building.keys import MARK, key_of
from hitless.building.resolve import without_wheels
from hitless.building.runtime import REQUIREMENTS
from hitless.building.wheelhouse import Wheelhouse
from hitless.building.wheels import WithoutWheelError
from hitless.engines.building import BuildingEngine
from hitless.errors import UnavailableError
from hitless.images.digest import PIECE, digest_of
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.packing import Packing, gzip
from hitless.images.tarball import EPOCH

_NAME = "system packages"
_MOST_ROUNDS = 50
_EMPTY = {digest_of(bytes(size)) for size in (1024, 10_240)}  # tars without an entry: commands that change no file


def commands(order: Order) -> list[str]:
    """What an engine has to run in the base, as root, in this order; nothing where it is not needed. Asks no engine.

    What a package without a wheel asks for is only known when it has been compiled: it may lack a wheel, too.
    InputError and UnavailableError as of a build.
    """
    facts, found = base_facts(order), list[str]()
    if packages := lacking(facts, order.recipe.system_packages):
        found.append(installing(facts, packages, order.base_what))
    requirements = [*requirements_of(order), *REQUIREMENTS]
    if names := without_wheels(requirements, facts.target, folder=order.folder):
        found.append(_compiling(order, facts, names))
    return found


def on_packages(order: Order, engine: Callable[[], BuildingEngine]) -> Order:
    """The order on a base with the recipe's system packages. `engine` is asked for only if it is needed.

    InputError for packages that cannot be, UnavailableError for what the engine could not do.
    """
    facts = base_facts(order)
    packages = lacking(facts, order.recipe.system_packages)
    if not packages:
        return order
    base, packing, cache = order.base, gzip(), LayerCache(order.cache)
    command = installing(facts, packages, order.base_what)
    key = key_of(_NAME, [base.digest, command], epoch=EPOCH, packing=packing.identity)
    found = _known(key, cache, order.reuse)
    if found is None:
        order.begun(_NAME)
        found = _made(base, command, engine(), key, cache, packing)
    if found is None:
        return replace(order, base_digest=base.digest)
    layer, unpacked = found
    entry = {"created": CREATED, "created_by": f"hitless build: {command}", "comment": f"{MARK}{key}:{unpacked}"}
    return replace(order, base=base.on_top([layer], [entry], CREATED), base_digest=base.digest)


def with_compiled(order: Order, engine: Callable[[], BuildingEngine]) -> Order:
    """The order with wheels of what has none: made in the base by its own pip. `engine` as above.

    WithoutWheelError for what has none even so, UnavailableError with what pip says.
    """
    facts = base_facts(order)
    for _ in range(_MOST_ROUNDS):  # what was compiled may ask for more
        try:
            chosen_wheels(order, facts.target)
        except WithoutWheelError as error:
            if set(error.names) & set(order.compiled):
                raise
            order = replace(order, compiled={**order.compiled, **_compiled(order, facts, error.names, engine())})
        else:
            return order
    return order


def _compiled(order: Order, facts: BaseFacts, names: Sequence[str], engine: BuildingEngine) -> dict[str, Path]:
    order.begun(f"compiling {', '.join(names)}")
    with engine.made(order.base, _in_base(_compiling(order, facts, names))) as image:
        return compiled_in(image, Wheelhouse(order.cache / "wheels"))


def _compiling(order: Order, facts: BaseFacts, names: Sequence[str]) -> str:
    asked = {name_of(line): line for line in requirements_of(order)}
    return compiling(facts, [asked.get(name, name) for name in names])


def _in_base(command: str) -> str:
    return extending("{base}", [command.replace("{", "{{").replace("}", "}}")])


def _known(key: str, cache: LayerCache, reuse: Reuse) -> tuple[Layer, int] | None:
    known = cache.find(key)
    return (known[0], known[1].unpacked) if known is not None else reuse(key)


def _made(
    base: Image, command: str, engine: BuildingEngine, key: str, cache: LayerCache, packing: Packing
) -> tuple[Layer, int] | None:
    with engine.made(base, _in_base(command)) as image:
        layer = _added(base, image, engine.name)
        if layer is None:
            return None
        made, record = cache.pack(key, _pieces(layer), packing, docker=base.is_docker)
    return made, record.unpacked


def _added(base: Image, image: Image, engine: str) -> Layer | None:
    """The layer of the one command; None where it changed nothing."""
    below = len(base.layers)
    if image.configuration.diff_ids[:below] != base.configuration.diff_ids:
        raise UnavailableError(f"{engine} did not build on the base that it was given")
    layers = [layer for layer in image.layers[below:] if layer.diff_id not in _EMPTY]
    if len(layers) > 1:
        raise UnavailableError(f"{engine} made {len(layers)} layers of one command")
    return layers[0] if layers else None


def _pieces(layer: Layer) -> Iterator[bytes]:
    with closing(layer.tar()) as tar:
        while piece := tar.read(PIECE):
            yield piece
