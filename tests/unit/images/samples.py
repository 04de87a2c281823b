"""Small images in memory, of tars that a test writes down member by member."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any

from hitless.images.configuration import empty
from hitless.images.digest import digest_of
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import layer_type
from hitless.images.packing import Packing, plain

AMD64 = Platform("amd64", "linux")
CREATED = "1980-01-01T00:00:01Z"

Item = tuple[tarfile.TarInfo, bytes]


def item(path: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: Any) -> Item:
    """A member of a tar, as hostile as wanted."""
    info = tarfile.TarInfo(path)
    info.type, info.size = kind, len(data)
    for name, value in fields.items():
        setattr(info, name, value)
    return info, data


def file(path: str, data: bytes = b"", **fields: Any) -> Item:
    return item(path, data, **fields)


def folder(path: str, mode: int = 0o755, **fields: Any) -> Item:
    return item(path, kind=tarfile.DIRTYPE, mode=mode, **fields)


def symlink(path: str, target: str) -> Item:
    return item(path, kind=tarfile.SYMTYPE, linkname=target)


def hardlink(path: str, target: str, mode: int = 0o644) -> Item:
    """podman gives the file the mode of the link, umoci does not: give the same one."""
    return item(path, kind=tarfile.LNKTYPE, linkname=target, mode=mode)


def gone(path: str) -> Item:
    """The whiteout of a path."""
    parent, slash, name = path.rpartition("/")
    return file(f"{parent}{slash}.wh.{name}")


def opaque(path: str) -> Item:
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def tar_of(items: Iterable[Item], form: int = tarfile.PAX_FORMAT) -> bytes:
    """In the order given, with what is there twice."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for info, data in items:
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def blob_of(data: bytes, media_type: str) -> Blob:
    return Blob(Descriptor(media_type, digest_of(data), len(data)), lambda: io.BytesIO(data))


def layer_of_tar(tar: bytes, packing: Packing | None = None, *, docker: bool = False) -> Layer:
    packing = packing or plain()
    packed = b"".join(packing.pack([tar]))
    return Layer(blob_of(packed, layer_type(packing.compression, docker=docker)), digest_of(tar))


def layer_of(*items: Item, packing: Packing | None = None) -> Layer:
    return layer_of_tar(tar_of(items), packing)


def image_of(*layers: Layer, docker: bool = False, execution: Mapping[str, Any] | None = None) -> Image:
    """With these layers, the lowest first."""
    history = [{"created_by": f"layer {number}"} for number in range(len(layers))]
    configuration = empty(AMD64).appended([layer.diff_id for layer in layers], history, CREATED)
    return Image(configuration.executing(**(execution or {})), tuple(layers), docker)


def small_image(platform: Platform = AMD64, text: bytes = b"hello\n") -> Image:
    """Two layers, one of them packed."""
    from hitless.images.packing import stored

    base = layer_of(folder("etc"), file("etc/motd", text), packing=stored())
    top = layer_of(folder("home"), file("home/run.sh", b"#!/bin/sh\n", mode=0o755))
    configuration = empty(platform).appended([base.diff_id, top.diff_id], [{}, {}], CREATED)
    return Image(configuration, (base, top))
