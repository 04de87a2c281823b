"""Run as a program: writes a layout and an archive from entries in an order of its own; prints the image's digest.

python writing.py FOLDER ORDER [most bytes of a file]
"""

from __future__ import annotations

import random
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from hitless.errors import HitlessError
from hitless.images.archive import write_archive
from hitless.images.configuration import empty
from hitless.images.digest import digest_of
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.layout import write_layout
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import layer_type
from hitless.images.packing import Packing, gzip, plain, stored
from hitless.images.reference import parse_reference
from hitless.images.tarball import FOLDER, PROGRAM, Entry, of_bytes, tar_pieces

WEIGHTS = random.Random(0).randbytes(2_000_000)


def layer(folder: Path, name: str, packing: Packing, entries: list[Entry]) -> Layer:
    tar = b"".join(tar_pieces(entries))
    packed = folder / name
    packed.write_bytes(b"".join(packing.pack([tar])))
    descriptor = Descriptor(
        layer_type(packing.compression, docker=False), digest_of(packed.read_bytes()), packed.stat().st_size
    )
    return Layer(Blob(descriptor, lambda: packed.open("rb")), digest_of(tar))


def image(folder: Path, order: int) -> Image:
    entries = [Entry("home", FOLDER, is_folder=True), of_bytes("home/run.sh", b"#!/bin/sh\n", PROGRAM),
               of_bytes("home/ä ü", b"1"), of_bytes("home/" + "n" * 200, b"2"),
               Entry("home/l", link="run.sh")]  # fmt: skip
    random.Random(order).shuffle(entries)
    layers = (
        layer(folder, "code", gzip(), entries),
        layer(folder, "weights", plain(), [of_bytes("weights", WEIGHTS)]),
        layer(folder, "stored", stored(), [of_bytes("stored", WEIGHTS[:100_000])]),
    )
    base = Image(empty(Platform("amd64", "linux")), ())
    return base.on_top(layers, [{"created_by": "a test"}] * 3, "1980-01-01T00:00:01Z")


def main(folder: Path, order: int, most_bytes: int) -> int:
    made = image(folder, order)
    if most_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    writers: list[Callable[[], None]] = [
        lambda: write_layout(folder / "layout", {"v1": made}),
        lambda: write_archive(folder / "app.tar", {parse_reference("host.example/app:v1"): made}),
    ]
    failed = 0
    for write in writers:
        try:
            write()
        except HitlessError as error:
            sys.stderr.write(f"{error}\n")
            failed = error.exit_code
    sys.stdout.write(made.digest)
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int((sys.argv[3:] or ["0"])[0])))
