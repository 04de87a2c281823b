"""A file that appears whole or not at all: written beside its place, renamed into it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """A new file for this place, mode 0644; what is there stays until all is written, and after an error. OSError.

    `durable`: its bytes are on the disk before it has its name, so that a loss of power leaves no empty or torn file
    under it. Whether the name outlives the loss is up to the folder.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:20]}-", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
