"""`hitless push` and `hitless pull`: images between a registry and this machine, with what moves shown."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hitless.images.image import Image

_PLAIN = typer.Option(
    "--plain-http/--https", help="Speak http or https to the registry; else http to loopback addresses only."
)


def push(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A layout's folder, an archive, or a reference.")],
    target: Annotated[str, typer.Argument(metavar="REF", help="Where to, such as host/team/app:v1.")],
    plain_http: Annotated[bool | None, _PLAIN] = None,
) -> None:
    """Send an image to a registry. What is there already is not sent again; what was cut off is resumed.

    \b
    Examples:
      hitless push image 127.0.0.1:5000/my-model:v1
      hitless push image.tar registry.example/team/my-model:v1
    """
    from hitless.images.opening import opened
    from hitless.images.reading import read_images

    with opened(source, plain_http=plain_http) as subject:
        send(target, read_images(subject.source, subject.what), plain_http=plain_http)


def pull(
    source: Annotated[str, typer.Argument(metavar="REF", help="What, such as host/team/app:v1.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The layout's folder; it is made.")],
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="One of them; else all.")] = "",
    plain_http: Annotated[bool | None, _PLAIN] = None,
) -> None:
    """Fetch an image from a registry into a folder (OCI layout). Everything is verified.

    \b
    Examples:
      hitless pull registry.example/python:3.11 base
      hitless pull registry.example/python:3.11 base --platform linux/arm64
    """
    from hitless.cli.destination import check_layout
    from hitless.images.layout import write_index, write_layout
    from hitless.images.manifest import Platform
    from hitless.images.opening import opened
    from hitless.images.reading import read_image, read_images

    check_layout(folder)
    with opened(source, plain_http=plain_http) as subject:
        if platform:
            images = [read_image(subject.source, subject.what, Platform.parse(platform))]
        else:
            images = read_images(subject.source, subject.what)
        name = subject.reference.tag if subject.reference is not None and subject.reference.tag else "latest"
        total = sum(blob.descriptor.size for image in images for blob in image.blobs)
        with bar("pulling", total) as moved:
            if len(images) == 1:
                write_layout(folder, {name: images[0]}, moved)
            else:
                write_index(folder, name, images, moved)
    print(f"written: {folder}")


def send(
    target: str, images: Sequence[Image], *, plain_http: bool | None, mounts: Mapping[str, str] | None = None
) -> None:
    """Push with a bar, and say what was sent. `mounts`: digest → a repository of the same registry that has it."""
    from hitless.cli.build_report import size
    from hitless.images.reference import parse_reference
    from hitless.images.registry.push import push as push_images
    from hitless.images.registry.transport import Access

    blobs = {blob.descriptor.digest: blob.descriptor.size for image in images for blob in image.blobs}
    with bar("pushing", sum(blobs.values())) as moved:
        pushed = push_images(
            parse_reference(target),
            images,
            mounts=mounts,
            access=Access(plain_http),
            progress=lambda sent, there: moved(sent + there),
        )
    there = len(pushed.there) + len(pushed.mounted)
    print(f"{size(pushed.bytes_sent)} sent, {len(pushed.sent)} of {len(blobs)} blobs; {there} were there already")
    print(f"pushed: {pushed.reference}")


@contextlib.contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; on a pipe, nothing but a word where it takes long."""
    if not sys.stderr.isatty():
        from hitless.cli.incoming import told_when_slow

        with told_when_slow(what):
            yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.update(task, advance=count)
