"""Run as a program: flattens an image whose one layer packs a great many entries into little; prints its peak memory.

python hostile_layer.py FOLDER files|folders
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from hitless.images.configuration import empty
from hitless.images.faults import ImageError
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import OCI_LAYER
from hitless.images.packing import gzip

ENTRIES = 700_000
NAMES = {"files": "d/%07d", "folders": "%07d" + "/f" * 40}


def headers(name: str) -> Iterator[bytes]:
    """Only the digits of the path and the checksum differ."""
    place, digits = name.index("%"), 7
    template = tarfile.TarInfo(name % 0).tobuf(tarfile.USTAR_FORMAT)
    total = sum(template) - sum(template[148:156]) + 8 * ord(" ") - digits * ord("0")
    for first in range(0, ENTRIES, 1000):
        block = bytearray(template * 1000)
        for number in range(first, first + 1000):
            start = (number - first) * 512
            written = b"%07d" % number
            block[start + place : start + place + digits] = written
            block[start + 148 : start + 156] = b"%06o\0 " % (total + sum(written))
        yield bytes(block)


def image(file: Path, name: str) -> Image:
    unpacked = hashlib.sha256()

    def seen() -> Iterator[bytes]:
        for piece in headers(name):
            unpacked.update(piece)
            yield piece

    with file.open("wb") as target:
        for piece in gzip().pack(seen()):
            target.write(piece)
    with file.open("rb") as packed:
        digest = f"sha256:{hashlib.file_digest(packed, 'sha256').hexdigest()}"
    descriptor = Descriptor(f"{OCI_LAYER}+gzip", digest, file.stat().st_size)
    layer = Layer(Blob(descriptor, lambda: file.open("rb")), f"sha256:{unpacked.hexdigest()}")
    return Image(empty(Platform("amd64", "linux")), ()).on_top([layer], [{}], "")


def main(folder: Path, kind: str) -> None:
    try:
        flatten(image(folder / "layer.gz", NAMES[kind]))
    except ImageError as error:
        sys.stderr.write(str(error))
    # VmHWM, and not ru_maxrss: that one is inherited from the process that started this one (getrusage(2)).
    lines = Path("/proc/self/status").read_text().splitlines()
    sys.stdout.write(str(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
