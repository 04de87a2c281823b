"""What the files in a file are opened with: what was found goes one way, and what they unpack together is bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

MOST_UNPACKED_BYTES = 1 << 30  # of one file of the image
DEEPEST = 6


class Consumer(Protocol):
    """The bytes of something, as they come."""

    @property
    def is_over(self) -> bool:
        """Nothing that may still come matters to it."""

    def feed(self, piece: bytes) -> None: ...

    def end(self) -> None: ...


class Nest:
    """`imports`: module, name, where in the file. `lacks`: why it was not read to its end."""

    def __init__(self, imports: Callable[[str, str, str], None], lacks: Callable[[str], None]) -> None:
        self.imports = imports
        self.lacks = lacks
        self._left = MOST_UNPACKED_BYTES

    def takes(self, count: int) -> bool:
        """Whether so many more bytes may be unpacked."""
        self._left -= count
        if self._left < 0:
            self.lacks(f"it unpacks to more than {MOST_UNPACKED_BYTES >> 30} GiB")
        return self._left >= 0
