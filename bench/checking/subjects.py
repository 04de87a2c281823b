"""Layouts to measure with: made of files as images have them, the same for every run."""

from __future__ import annotations

import io
import itertools
import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

from hitless.images.configuration import empty
from hitless.images.digest import digest_of
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.layout import write_layout
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import layer_type
from hitless.images.packing import Packing, gzip, plain
from hitless.images.tarball import Entry, of_bytes, tar_pieces

MB = 1_000_000


def _weights(size: int) -> Iterator[Entry]:
    """Numbers that hardly shrink, in files of 50 MB."""
    seeded = random.Random(1)
    for number in range(max(1, size // (50 * MB))):
        yield of_bytes(f"opt/package/weights-{number}.bin", seeded.randbytes(min(size, 50 * MB)))


def _files(folder: str) -> Iterator[tuple[str, bytes]]:
    """Path below it and content of each file, always in the same order."""
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def _programs(size: int) -> Iterator[Entry]:
    """The files of this Python, over and over: sources, bytecode, libraries."""
    used = 0
    for copy in itertools.count():
        for path, data in _files(sysconfig.get_paths()["stdlib"]):
            yield of_bytes(f"usr/lib/copy-{copy}/{path}", data)
            used += len(data)
            if used >= size:
                return


def _service(size: int) -> Iterator[Entry]:
    """What a service has above its base: the packages that are installed here, once, and as many bytes of weights."""
    used = 0
    for path, data in _files(sysconfig.get_paths()["purelib"]):
        used += len(data)
        if used > size // 2:
            break
        yield of_bytes(f"usr/lib/python3/site-packages/{path}", data)
    yield from _weights(size // 2)


KINDS: dict[str, tuple[Callable[[int], Iterator[Entry]], Callable[[], Packing]]] = {
    "service, gzip": (_service, gzip),
    "weights, plain": (_weights, plain),
    "programs, gzip": (_programs, gzip),
    "programs, plain": (_programs, plain),
}


def make(folder: Path, kind: str, size: int) -> None:
    """An image of one layer with about `size` bytes of files, in a layout."""
    entries, packing = KINDS[kind]
    how = packing()
    tar = b"".join(tar_pieces(entries(size)))
    packed = b"".join(how.pack([tar[start : start + MB] for start in range(0, len(tar), MB)]))
    descriptor = Descriptor(layer_type(how.compression, docker=False), digest_of(packed), len(packed))
    layer = Layer(Blob(descriptor, lambda: io.BytesIO(packed)), digest_of(tar))
    image = Image(empty(Platform("amd64", "linux")), ()).on_top([layer], [{"created_by": kind}], "")
    write_layout(folder, {"latest": image})
