"""`hitless dockerfile`: what of a build needs a container engine, as a Dockerfile to look at, change and build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def dockerfile(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The package.")] = Path(),
    base: Annotated[
        str, typer.Option("--base", metavar="REF|PATH", help="The image to build on; else that of hitless.toml.")
    ] = "",
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="Where the base has several.")] = "",
    plain_http: Annotated[
        bool | None,
        typer.Option(
            "--plain-http/--https", help="Speak http or https to the registry; else http to loopback addresses only."
        ),
    ] = None,
) -> None:
    """Print what `hitless build --engine` has an engine do: install system-packages, compile what has no wheel.

    All else is made without an engine. An image of this Dockerfile can be the --base of builds on every machine: they
    find what was compiled in it, in /opt/hitless-wheels, and need no engine.

    \b
    Examples:
      hitless dockerfile my-model --base registry.example/python:3.11 > Dockerfile
      docker build -t my-base - < Dockerfile
      docker save -o my-base.tar my-base
      hitless build my-model --base my-base.tar -o image
    """
    from hitless.building.builder import Order
    from hitless.building.cache import default_folder
    from hitless.building.dockerfile import extending
    from hitless.building.recipe import read_recipe
    from hitless.building.with_engine import commands
    from hitless.cli.build import check_folder, from_package
    from hitless.cli.incoming import told_when_slow
    from hitless.errors import InputError, Problem
    from hitless.images.manifest import Platform, host_platform
    from hitless.images.opening import opened
    from hitless.images.reading import read_image
    from hitless.spec.config import load

    check_folder(folder)
    recipe = read_recipe(folder)
    name = base or (from_package(folder, recipe.base) if recipe.base else "")
    if not name:
        remedy = "Name one with --base or in hitless.toml ([build] base)."
        raise InputError([Problem("BUILD-30", "there is no base image to build on", remedy)])
    contract = load(folder / "config.json")
    with opened(name, plain_http=plain_http) as subject, told_when_slow("reading the base, choosing the packages"):
        chosen = Platform.parse(platform) if platform else host_platform()
        image = read_image(subject.source, subject.what, chosen)
        order = Order(folder, contract, recipe, image, "", subject.what, default_folder())
        found = commands(order)
    if subject.reference is None:
        print(f"# {name} is a path of this machine: load it into the engine, and put its name there in its place.")
    if not found:
        print(f"# Nothing here needs an engine: no system-packages, and each Python package has a wheel.\nFROM {name}")
        return
    print(extending(name, found, image.configuration.user), end="")
