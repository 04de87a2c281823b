"""`hitless build`: a package → an image, in a layout, an archive or a registry, without a container engine."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitless.errors import InputError, Problem, Severity, UnavailableError

if TYPE_CHECKING:
    from hitless.building.assemble import Reuse
    from hitless.building.builder import Built, Order
    from hitless.building.recipe import Recipe
    from hitless.images.image import Image
    from hitless.images.manifest import Platform
    from hitless.images.reference import Reference
    from hitless.spec.contract import Contract


def build(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The package.")] = Path(),
    tag: Annotated[str, typer.Option("--tag", "-t", metavar="REF", help="Its name, such as host/team/app:v1.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="A layout's folder, or an archive NAME.tar.")
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Send it to the registry of --tag.")] = False,
    platform: Annotated[
        str,
        typer.Option(
            "--platform", metavar="LIST", help="One or several, such as linux/amd64,linux/arm64; else this machine's."
        ),
    ] = "",
    base: Annotated[
        str, typer.Option("--base", metavar="REF|PATH", help="The image to build on; else that of hitless.toml.")
    ] = "",
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Choose the newest packages, whatever is locked.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Build twice, and compare.")] = False,
    remote_reuse: Annotated[
        bool,
        typer.Option("--remote-reuse/--no-remote-reuse", help="With --push: take layers from what --tag names now."),
    ] = True,
    plain_http: Annotated[
        bool | None,
        typer.Option(
            "--plain-http/--https", help="Speak http or https to the registry; else http to loopback addresses only."
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="DIR", help="Where layers and wheels are kept; else ~/.cache/hitless."),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            help="docker, podman or buildah: installs system-packages, compiles what has no wheel.",
        ),
    ] = "",
    profile: Annotated[
        str, typer.Option("--profile", metavar="EDITION", help="Of the specification, for the check.")
    ] = "2024-09",
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Write no image that breaks a rule which must hold.")
    ] = True,
) -> None:
    """Build the image of a package, byte for byte the same on every machine.

    Python packages are chosen for the image's platform and locked in hitless.lock. Layers that have not changed are
    neither built nor sent again. The image goes nowhere if it breaks a rule of `hitless check` that can be told by
    looking at it.

    \b
    Examples:
      hitless base make base                        first: a base image
      hitless build my-model --base base -o image   into a folder (OCI layout)
      hitless build my-model --base base -o image.tar -t my-model:v1
      hitless build my-model -t registry.example/my-model:v1 --push

    \b
    Exit code:
      0  built
      1  built, but it does not conform: nothing is written or pushed
      2  the package, hitless.toml or the base is wrong
      3  something needed is away: packages, a registry, room on the disk
    """
    from hitless.building.recipe import read_recipe
    from hitless.cli.build_check import checked, edition, refuse
    from hitless.cli.build_report import show
    from hitless.cli.destination import write
    from hitless.images.manifest import Platform, host_platform
    from hitless.spec.config import load

    check_folder(folder)
    recipe = read_recipe(folder)
    judging = edition(profile)
    _check(recipe, base, tag, output, push=push)
    contract = load(folder / "config.json")
    _lint(folder, recipe, contract)
    platforms = [Platform.parse(text.strip()) for text in platform.split(",")] if platform else [host_platform()]
    with contextlib.ExitStack() as stack:
        finished: list[Image] = []
        conforms = True
        mounts: dict[str, str] = {}
        for wanted in platforms:
            order, below = _order(stack, Wish(folder, contract, recipe, base, wanted, cache, plain_http, upgrade, tag))
            if push and remote_reuse:
                order = replace(order, reuse=_previous(stack, tag, wanted, plain_http))
            if engine:
                order = _with_engine(order, engine)
            built = _build(order)
            if verify:
                _verify(order, built)
            show(built)
            if check:
                conforms &= checked(order, built, str(output or tag), judging)
            finished.append(built.image)
            mounts.update(below)
        if not conforms:
            refuse(output, tag if push else "")
            raise typer.Exit(1)
        if output is not None:
            write(output, tag, finished)
        if push:
            from hitless.cli.push import send

            send(tag, finished, plain_http=plain_http, mounts=mounts)


@dataclass(frozen=True)
class Wish:
    """What is to be built for one platform."""

    folder: Path
    contract: Contract
    recipe: Recipe
    base: str
    platform: Platform
    cache: Path | None
    plain_http: bool | None
    upgrade: bool
    tag: str


def check_folder(folder: Path) -> None:
    if not folder.is_dir():
        remedy = "Name the package: the folder with config.json and the model. `hitless init DIR` makes one."
        raise InputError([Problem("PKG-1", f"{folder} is no folder", remedy)])


def _check(recipe: Recipe, base: str, tag: str, output: Path | None, *, push: bool) -> None:
    from hitless.cli.destination import problems_of

    problems = []
    if not base and not recipe.base:
        remedy = "Name one with --base or in hitless.toml ([build] base); `hitless base make DIR` makes one."
        problems.append(Problem("BUILD-30", "there is no base image to build on", remedy))
    problems += problems_of(output, tag, push=push)
    if problems:
        raise InputError(problems)


def _lint(folder: Path, recipe: Recipe, contract: Contract) -> None:
    """Errors end the build; warnings are shown, and it goes on."""
    from hitless.building.contents import listing
    from hitless.building.lint import lint

    problems = lint(listing(folder, recipe), contract.model_type, str(folder))
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise InputError(problems)
    if problems:
        from rich.console import Console

        from hitless.cli.problems import show_problems

        show_problems(Console(stderr=True, highlight=False, markup=False, emoji=False), problems)


def _order(stack: contextlib.ExitStack, wish: Wish) -> tuple[Order, Mapping[str, str]]:
    """And for the base's layers, where a registry has them already, their repository there."""
    from hitless.building.builder import Order
    from hitless.building.cache import default_folder
    from hitless.images.opening import opened
    from hitless.images.reading import read_image

    base = wish.base or from_package(wish.folder, wish.recipe.base)
    subject = stack.enter_context(opened(base, plain_http=wish.plain_http))
    image = read_image(subject.source, subject.what, wish.platform)
    name = str(subject.reference) if subject.reference is not None else ""
    cache = wish.cache or default_folder()
    order = Order(wish.folder, wish.contract, wish.recipe, image, name, subject.what, cache, upgrade=wish.upgrade)
    return order, _mounts(subject.reference, wish.tag, image)


def _mounts(base: Reference | None, tag: str, image: Image) -> Mapping[str, str]:
    """What can be mounted instead of sent: the base's layers, if both are at one registry."""
    from hitless.images.reference import parse_reference

    if base is None or not tag or parse_reference(tag).host != base.host:
        return {}
    return {layer.descriptor.digest: base.repository for layer in image.layers}


def from_package(folder: Path, base: str) -> str:
    """A path in hitless.toml is relative to the package."""
    path = folder / base.partition(":")[0]
    return str(folder / base) if path.exists() else base


def _previous(stack: contextlib.ExitStack, tag: str, platform: Platform, plain_http: bool | None) -> Reuse:
    """The layers of the image that the tag names now; none where there is none."""
    from hitless.building.assemble import no_reuse, reusable
    from hitless.images.opening import opened
    from hitless.images.reading import read_image

    try:
        subject = stack.enter_context(opened(tag, plain_http=plain_http))
        return reusable(read_image(subject.source, subject.what, platform))
    except InputError:  # nothing there, or not to be read by us: 401 and 403 are among them
        return no_reuse


def _with_engine(order: Order, engine: str) -> Order:
    """The order once an engine has done what needs one; it is not asked where nothing does."""
    from hitless.building.with_engine import on_packages, with_compiled
    from hitless.engines.building import building_engine

    with _progress() as begun:
        order = replace(order, begun=begun)
        if order.recipe.system_packages:
            order = on_packages(order, lambda: building_engine(engine))
        return with_compiled(order, lambda: building_engine(engine))


def _build(order: Order) -> Built:
    from hitless.building.builder import build

    with _progress() as begun:
        return build(replace(order, begun=begun))


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being done: one changing line on a terminal, a line each elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what: print(f"{what} …", file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("reading the package") as status:
        yield lambda what: status.update(what)


def _verify(order: Order, built: Built) -> None:
    """Again from nothing but the wheels, in another folder; another digest is our bug, or a compiler's."""
    with tempfile.TemporaryDirectory(prefix="hitless-verify-") as scratch:
        folder, cache = Path(scratch) / "package", Path(scratch) / "cache"
        shutil.copytree(order.folder, folder, symlinks=True)
        cache.mkdir()
        (cache / "wheels").symlink_to((order.cache / "wheels").resolve())
        again = _build(replace(order, folder=folder, cache=cache, reuse=lambda _: None, upgrade=False))
    if again.image.digest != built.image.digest:
        pairs = zip(built.made, again.made, strict=True)
        other = [one.name for one, two in pairs if one.layer.diff_id != two.layer.diff_id]
        what = f"these layers differ: {', '.join(other)}" if other else "its configuration differs"
        raise UnavailableError(f"a second build gave another image: {what}")
    print("verified: a second build from nothing gave the same digest", file=sys.stderr)
