"""What a user names as an image → where it is read from: a layout's folder, an archive, or a registry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hitless.errors import UnavailableError
from hitless.images.faults import ImageError
from hitless.images.image import Source
from hitless.images.reference import Reference, parse_reference


@dataclass(frozen=True)
class Opened:
    """An opened source. `reference`: where it is a registry's; paths are none, they differ from machine to machine."""

    source: Source
    what: str
    reference: Reference | None = None


@contextlib.contextmanager
def opened(text: str, *, plain_http: bool | None = None) -> Iterator[Opened]:
    """`oci:DIR:TAG`, a folder (or `DIR:TAG`), a .tar, or a reference; ImageError, UnavailableError."""
    plain = text.removeprefix("oci:")
    path, tag = _place(plain)
    if path.is_dir():
        from hitless.images.layout import LayoutSource

        yield Opened(LayoutSource(path, tag), f"the layout {plain}")
    elif path.is_file():
        from hitless.images.archive import archive_source

        yield Opened(archive_source(path, tag), f"the archive {plain}")
    else:
        from hitless.images.registry.source import RegistrySource
        from hitless.images.registry.transport import Access

        if text.startswith((".", "/", "oci:")) or text.endswith(".tar"):
            raise ImageError("IMG-8", f"there is no folder or file {plain}", "Check the path.")
        reference = parse_reference(text)
        try:
            with RegistrySource(reference, Access(plain_http)) as registry:
                yield Opened(registry, str(reference), reference)
        except UnavailableError as error:
            if text.startswith(reference.host) or not str(error).startswith(reference.host):
                raise
            raise UnavailableError(f"{error}\n    Or was a path meant? There is nothing at {text}.") from error


def _place(text: str) -> tuple[Path, str]:
    """A path, and behind a colon the name of one of its images."""
    if Path(text).exists():
        return Path(text), ""
    path, _, tag = text.rpartition(":")
    return (Path(path), tag) if path and Path(path).exists() else (Path(text), "")
