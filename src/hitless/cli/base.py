"""`hitless base make` and `hitless base show`: an image to build on, and what it offers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Images to build on.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The layout's folder; it is made.")],
    batch: Annotated[bool, typer.Option("--batch", help="With a Java runtime, zip and unzip (BATCH-1).")] = False,
    suite: Annotated[str, typer.Option("--suite", help="bookworm (Python 3.11) or trixie (3.13).")] = "bookworm",
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="linux/amd64 or linux/arm64.")] = "",
) -> None:
    """Make a base image of Debian's packages, where no registry is at hand. Needs mmdebstrap.

    The same packages give the same digest.

    \b
    Examples:
      hitless base make base
      hitless base make batch-base --batch
    """
    from hitless.building.debian import Base, make_base
    from hitless.cli.build_report import size
    from hitless.cli.incoming import told_when_slow
    from hitless.images.manifest import Platform, host_platform

    wanted = Platform.parse(platform) if platform else host_platform()
    with told_when_slow("fetching and unpacking Debian's packages"):
        image = make_base(Base(suite, wanted.architecture, batch), folder)
    print(f"{size(image.size)} to transfer")
    print(image.digest)
    print(f"written: {folder}")


@app.command()
def show(
    subject: Annotated[str, typer.Argument(metavar="REF|PATH", help="A reference, a layout's folder or an archive.")],
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="Where there are several.")] = "",
    plain_http: Annotated[
        bool | None,
        typer.Option(
            "--plain-http/--https", help="Speak http or https to the registry; else http to loopback addresses only."
        ),
    ] = None,
) -> None:
    """Show what an image offers as a base: Python, C library, accounts, tools.

    \b
    Examples:
      hitless base show base
      hitless base show registry.example/python:3.11 --platform linux/arm64
    """
    from rich.console import Console
    from rich.table import Column, Table

    from hitless.building.base import facts_of, wanted
    from hitless.cli.build_report import size
    from hitless.cli.incoming import told_when_slow
    from hitless.images.flattening import flatten
    from hitless.images.manifest import Platform
    from hitless.images.opening import opened
    from hitless.images.reading import read_image

    with opened(subject, plain_http=plain_http) as source, told_when_slow("reading its layers"):
        image = read_image(source.source, source.what, Platform.parse(platform) if platform else None)
        facts = facts_of(flatten(image, wanted), image.configuration, source.what)
    version = ".".join(map(str, facts.target.python))
    rows = {
        "platform": str(facts.target.platform),
        "distribution": facts.distribution or "unknown",
        "Python": f"{version} ({facts.python})",
        "C library": f"{facts.target.libc} {'.'.join(map(str, facts.target.libc_version))}",
        "tools": ", ".join(facts.tools) or "none",
        "user": image.configuration.user or "root",
        "command": " ".join(image.configuration.effective_command) or "none",
        "size": size(image.size),
        "digest": image.digest,
    }
    table = Table.grid("name", Column("value", overflow="fold"), padding=(0, 2))
    for name, value in rows.items():
        table.add_row(name, value)
    Console(highlight=False, markup=False).print(table)
