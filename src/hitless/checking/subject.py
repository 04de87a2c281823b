"""What a user names → which kind of subject it is, and an image opened from wherever it is held."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hitless.checking.record import Kind
from hitless.engines.choosing import CONTAINER_ENGINES
from hitless.engines.found import engine_named
from hitless.engines.saving import holder, save
from hitless.errors import InputError, Problem
from hitless.images.image import Image, Source
from hitless.images.manifest import Platform, host_platform
from hitless.images.opening import opened
from hitless.images.reading import has_several, read_image

_ROOT_FOLDERS = ("bin", "etc", "usr", "lib", "proc", "home", "sbin", "opt", "app")


def kind_of(text: str) -> Kind:
    """By what is there; nothing is read of it. InputError for a folder that is none of the three."""
    if text.startswith(("http://", "https://")):
        return Kind.SERVICE
    folder = Path(text)
    if text.startswith("oci:") or not folder.is_dir() or (folder / "oci-layout").is_file():
        return Kind.IMAGE
    if (folder / "config.json").is_file():
        return Kind.PACKAGE
    if sum((folder / name).is_dir() for name in _ROOT_FOLDERS) >= 2:
        return Kind.ROOT
    remedy = "Name an image, a layout, an archive, a root file system, a package's folder, or a service's URL."
    problem = Problem("CHK-4", f"{text} is a folder, but no layout, no package and no root file system", remedy)
    raise InputError([problem])


@contextlib.contextmanager
def opened_image(text: str, *, engine: str = "", platform: Platform | None = None) -> Iterator[tuple[Image, str]]:
    """An image with the words for it: of a layout, an archive, an engine that has it, or else of a registry.

    `engine`: only this one is asked. ImageError (an InputError), UnavailableError.
    """
    if engine in CONTAINER_ENGINES:
        engine_named(engine)
    held = (
        None
        if is_path(text) or text.startswith("-")
        else holder(text, (engine,) if engine in CONTAINER_ENGINES else ())
    )
    if held is None:
        with opened(text) as source:
            yield _chosen(source.source, source.what, platform), source.what
        return
    with tempfile.TemporaryDirectory(prefix="hitless-saved-") as scratch:
        archive = Path(scratch) / "image.tar"
        save(held, text, archive)
        what = f"{text} of {held.name}"
        with opened(str(archive)) as source:
            yield _chosen(source.source, what, platform), what


def _chosen(source: Source, what: str, platform: Platform | None) -> Image:
    """Of several, and none asked for, the one for this machine."""
    if platform is None and has_several(source):
        platform = host_platform()
    return read_image(source, what, platform)


def is_path(text: str) -> bool:
    """Whether an image is named by where it lies, and not as engines and registries know it."""
    plain = text.removeprefix("oci:")
    return Path(plain).exists() or Path(plain.rpartition(":")[0] or plain).exists()
