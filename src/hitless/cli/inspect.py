"""`hitless inspect`: what an image is, layer by layer, and where its bytes are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitless.errors import UnavailableError

if TYPE_CHECKING:
    from rich.console import Console

    from hitless.images.filesystem import Filesystem
    from hitless.images.image import Image

_PACKAGE = "opt/hitless/package/config.json"
_BILL = "opt/hitless/sbom.cdx.json"
_BASE = ("org.opencontainers.image.base.name", "org.opencontainers.image.base.digest")
_BAR = 12  # characters


def inspect(
    subject: Annotated[str, typer.Argument(metavar="REF|PATH", help="A reference, a layout's folder or an archive.")],
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="Where there are several.")] = "",
    files: Annotated[int, typer.Option("--files", min=0, help="How many of the largest files to name.")] = 10,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="A treemap as a page, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    plain_http: Annotated[
        bool | None,
        typer.Option(
            "--plain-http/--https", help="Speak http or https to the registry; else http to loopback addresses only."
        ),
    ] = None,
) -> None:
    """Show an image: configuration, layers with their sizes, contract, packages, the largest files.

    Everything is read and verified on the way.

    \b
    Examples:
      hitless inspect image
      hitless inspect image.tar --html where-the-bytes-are.html
      hitless inspect registry.example/my-model:v1 --json
    """
    from rich.console import Console

    from hitless.cli.incoming import told_when_slow
    from hitless.images.flattening import flatten
    from hitless.images.manifest import Platform
    from hitless.images.opening import opened
    from hitless.images.reading import read_image

    with opened(subject, plain_http=plain_http) as source, told_when_slow("reading its layers"):
        image = read_image(source.source, source.what, Platform.parse(platform) if platform else None)
        found = flatten(image, lambda path: path in (_PACKAGE, _BILL))
    if html is not None:
        from hitless.cli.treemap import page

        try:
            html.write_text(page(subject, found), encoding="utf-8")
        except OSError as error:
            raise UnavailableError(f"{html} cannot be written: {error.strerror}") from error
    if as_json:
        print(json.dumps(_facts(image, found, files), indent=2))
        return
    _show(Console(highlight=False, markup=False, emoji=False), image, found, files)
    if html is not None:
        print(f"written: {html}")


def _facts(image: Image, found: Filesystem, files: int) -> dict[str, Any]:
    configuration, sizes = image.configuration, found.sizes
    return {
        "digest": image.digest,
        "platform": str(image.platform),
        "created": configuration.created,
        "command": list(configuration.effective_command),
        "user": configuration.user,
        "ports": list(configuration.exposed_ports),
        "stop_signal": configuration.stop_signal,
        "environment": dict(configuration.environment),
        "labels": dict(configuration.labels),
        "sizes": {"transferred": sizes.transferred, "unpacked": sizes.unpacked, "effective": sizes.effective},
        "layers": [
            {"digest": layer.digest, "size": layer.size, "unpacked": layer.unpacked, "files": layer.files, "what": what}
            for layer, what in zip(found.layers, _whats(image), strict=True)
        ],
        "apis": _apis(found),
        "packages": _packages(found, "pkg:pypi/"),
        "system_packages": _packages(found, "pkg:deb/", "pkg:apk/"),
        "largest": [{"path": path, "size": size} for path, size in found.largest(files)],
    }


def _whats(image: Image) -> list[str]:
    """What made each layer, as the history has it."""
    filled = [entry for entry in image.configuration.history if not entry.get("empty_layer")]
    if len(filled) != len(image.layers):
        return [""] * len(image.layers)
    return [str(entry.get("created_by", "")) for entry in filled]


def _apis(found: Filesystem) -> list[str]:
    from hitless.spec.config import parse

    text = found.read(_PACKAGE)
    if text is None:
        return []
    contract = parse(text).contract
    return [f"{api.method} {api.url}" for api in contract.apis] if contract is not None else []


def _packages(found: Filesystem, *kinds: str) -> list[str]:
    """Of the bill of materials, by the beginning of their package-urls."""
    try:
        libraries = (
            one
            for one in json.loads(found.read(_BILL) or b"{}").get("components", ())
            if one["type"] == "library" and one["purl"].startswith(kinds)
        )
        return [f"{one['name']} {one['version']}" for one in libraries]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _show(console: Console, image: Image, found: Filesystem, files: int) -> None:
    from rich.table import Column, Table

    from hitless.cli.build_report import size

    facts = _facts(image, found, files)
    count = len(facts["system_packages"])
    table = Table.grid("name", Column("value", overflow="fold"), padding=(0, 2))
    rows = {
        "digest": facts["digest"],
        "platform": facts["platform"],
        "command": " ".join(facts["command"]) or "none",
        "user": facts["user"] or "root",
        "ports": ", ".join(facts["ports"]) or "none",
        "stop signal": facts["stop_signal"] or "SIGTERM (default)",
        "base": " ".join(facts["labels"][key] for key in _BASE if key in facts["labels"]) or "unknown",
        "apis": ", ".join(facts["apis"]) or "no package of hitless",
        "packages": ", ".join(facts["packages"]) or "unknown",
        "system": f"{count} packages of its distribution, named by --json" if count else "unknown",
        "sizes": ", ".join(f"{size(number)} {name}" for name, number in facts["sizes"].items()),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    console.print()
    console.print(_layers(facts["layers"]))
    if files:
        console.print()
        console.print(_largest(facts["largest"]))


def _layers(layers: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from hitless.cli.build_report import size

    table = Table(box=None, pad_edge=False)
    table.add_column("layer", no_wrap=True, min_width=5)
    for heading in ("packed", "unpacked", "files"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=8)
    table.add_column("", no_wrap=True, min_width=_BAR)
    table.add_column("made by", no_wrap=True, overflow="ellipsis", max_width=40)
    most = max((layer["unpacked"] for layer in layers), default=0) or 1
    for number, layer in enumerate(layers):
        bar = "█" * round(_BAR * layer["unpacked"] / most)
        sizes = size(layer["size"]), size(layer["unpacked"]), f"{layer['files']:,}"
        table.add_row(str(number), *sizes, bar, layer["what"])
    return table


def _largest(files: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from hitless.cli.build_report import size

    table = Table(box=None, pad_edge=False)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("the largest files", overflow="fold")
    for file in files:
        table.add_row(size(file["size"]), "/" + file["path"])
    return table
