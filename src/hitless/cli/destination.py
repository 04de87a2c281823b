"""Where a built image goes: looked at before the work begins, written when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.errors import InputError, Problem

if TYPE_CHECKING:
    from hitless.images.image import Image

_OTHER_ARCHIVES = (".zip", ".tgz", ".gz", ".zst", ".xz", ".bz2")
_NAME = "Write it like 127.0.0.1:5000/team/app:v1."


def problems_of(output: Path | None, tag: str, *, push: bool) -> Iterator[Problem]:
    """What would only be found after the build, or would spoil what is there."""
    if output is None and not push:
        yield Problem("BUILD-31", "the image would go nowhere", "Add -o DIR, -o NAME.tar, or -t REF --push.")
    if push and not tag:
        yield Problem("BUILD-32", "--push needs to know where to", "Add -t host/repository:tag.")
    if tag and (push or (output is not None and output.suffix == ".tar")):
        yield from _bad_name(tag)
    if output is not None and (reason := _unfit(output)):
        remedy = "Name a folder that is new, empty or a layout (-o DIR), or an archive (-o NAME.tar)."
        yield Problem("BUILD-34", f"the image cannot be written to {output}: {reason}", remedy)


def check_layout(folder: Path) -> None:
    """InputError for a folder that a layout would spoil, and for what is none."""
    if reason := "it is to be a folder" if folder.suffix == ".tar" else _unfit(folder):
        remedy = "Name a folder that is new, empty or a layout."
        raise InputError([Problem("BUILD-34", f"the image cannot be written to {folder}: {reason}", remedy)])


def _bad_name(tag: str) -> Iterator[Problem]:
    from hitless.images.faults import ImageError
    from hitless.images.reference import parse_reference

    try:
        parse_reference(tag)
    except ImageError as error:
        yield from error.problems


def _unfit(output: Path) -> str:
    if output.suffix in _OTHER_ARCHIVES:
        return f"archives are written as .tar, not {output.suffix}"
    if output.suffix == ".tar":
        return "it is a folder" if output.is_dir() else ""
    if not output.is_dir():
        return "it is a file" if output.exists() else ""
    is_other = not (output / "oci-layout").exists() and any(output.iterdir())
    return "the folder has other files in it" if is_other else ""


def write(output: Path, tag: str, images: list[Image]) -> None:
    """Into a layout or an archive, by the name of the place; UnavailableError."""
    from hitless.images.layout import write_index, write_layout
    from hitless.images.reference import parse_reference

    name = tag or "latest"
    if output.suffix == ".tar":
        from hitless.images.archive import write_archive, write_platforms

        reference = parse_reference(tag or f"localhost/{Path.cwd().name.lower()}:latest")
        if len(images) == 1:
            write_archive(output, {reference: images[0]})
        else:
            write_platforms(output, reference, images)
    elif len(images) == 1:
        write_layout(output, {name: images[0]})
    else:
        write_index(output, name, images)
    print(f"written: {output}")
