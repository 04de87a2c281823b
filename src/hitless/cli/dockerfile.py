"""`hitless dockerfile`: what of a build needs a container engine, as a Dockerfile to look at, change and build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def dockerfile(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The package.")] = Path(),
    base: Annotated[str, typer.Option("--base", metavar="REF|PATH", help="The image below; else hitless.toml's.")] = "",
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="Where the base has several.")] = "",
    plain_http: Annotated[bool | None, typer.Option("--plain-http/--https", help="http for loopback only.")] = None,
) -> None:
    """Print the Dockerfile that `hitless build --engine` has built: the base with the system-packages of hitless.toml.

    All else is made without an engine. What an engine makes of the Dockerfile can be the --base of a build.

    \b
    Examples:
      hitless dockerfile my-model --base registry.example/python:3.11-slim
      hitless dockerfile my-model > Dockerfile; docker build -t my-base - < Dockerfile
    """
    from hitless.building.base import facts_of, wanted
    from hitless.building.builder import host_platform
    from hitless.building.dockerfile import extending, installing
    from hitless.building.recipe import read_recipe
    from hitless.cli.build import from_package
    from hitless.cli.incoming import told_when_slow
    from hitless.errors import InputError, Problem
    from hitless.images.flattening import flatten
    from hitless.images.manifest import Platform
    from hitless.images.opening import opened
    from hitless.images.reading import read_image

    recipe = read_recipe(folder)
    name = base or (from_package(folder, recipe.base) if recipe.base else "")
    if not name:
        remedy = "Name one with --base or in hitless.toml ([build] base)."
        raise InputError([Problem("BUILD-30", "there is no base image to build on", remedy)])
    if not recipe.system_packages:
        print(f"# Nothing here needs an engine: hitless.toml has no system-packages.\nFROM {name}")
        return
    with opened(name, plain_http=plain_http) as subject, told_when_slow("reading its layers"):
        chosen = Platform.parse(platform) if platform else host_platform()
        image = read_image(subject.source, subject.what, chosen)
        facts = facts_of(flatten(image, wanted), image.configuration, subject.what)
    command = installing(facts, recipe.system_packages, subject.what)
    print(extending(name, command, image.configuration.user), end="")
