"""Run as a program: looks at an image that is large or hostile with all scanners, and prints the peak in MB of this
process and that of the scanners together.

python static_memory.py FOLDER files|folders|large|configs
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from bench.checking.static import Measured, peak_mb
from tests.e2e.images.hostile_layer import NAMES, image
from tests.specimens.images import specimen

from hitless.checking.facts.looking import Wishes, look
from hitless.checking.facts.seen import ImageSeen, ScannerSeen
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor
from hitless.images.media import OCI_LAYER
from hitless.images.tarball import Entry, tar_pieces

LARGE = 1 << 30
_BLOCK = bytes(1 << 20)


class Zeros:
    """A file of so many bytes that is nowhere."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        data = _BLOCK[: min(self._left, size if size >= 0 else len(_BLOCK))]
        self._left -= len(data)
        return data

    def close(self) -> None:
        pass


def large(folder: Path) -> Image:
    """A layer with one file of 1 GiB."""
    file, digest = folder / "large.tar", hashlib.sha256()
    with file.open("wb") as target:
        for piece in tar_pieces([Entry("opt/weights.bin", size=LARGE, open=lambda: Zeros(LARGE))]):
            digest.update(piece)
            target.write(piece)
    name = f"sha256:{digest.hexdigest()}"
    layer = Layer(Blob(Descriptor(OCI_LAYER, name, file.stat().st_size), lambda: file.open("rb")), name)
    return specimen().on_top([layer], [{}], "")


def configs() -> Image:
    """As many files as are kept, each as large as one that is."""
    data = b'{"apis": []}' + b" " * ((1 << 20) - 12)
    return specimen({f"/opt/{number}/config.json": data for number in range(60)})


def main(folder: Path, kind: str) -> None:
    subject = {"large": lambda: large(folder), "configs": configs}.get(kind)
    made = subject() if subject is not None else image(folder / "layer.gz", NAMES[kind])
    Path("/proc/self/clear_refs").write_text("5")  # what making it took does not count (proc(5))
    scanners = Measured(clamav=False)
    seen = list(look(made, Wishes(scanners=[scanners])))
    assert isinstance(seen[0], ImageSeen)
    assert not [one for one in seen if isinstance(one, ScannerSeen) and "broke" in one.lacking]
    assert scanners.peak_mb > 20
    sys.stdout.write(f"{peak_mb() + scanners.peak_mb:.0f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
