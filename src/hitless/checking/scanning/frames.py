"""What goes from the reader to the process of the scanners, and back.

The bytes of files go there in slots of shared memory. What is in one is told through a pipe, as MessagePack behind its
length (4 bytes), as a list: a file, so many bytes of it, its end (nil); an empty list: that was all. A byte
comes back when the slot is free again. What was seen comes back at the end, as MessagePack, too.
"""

from __future__ import annotations

import struct

from hitless.checking.facts.scanner import ScannedFile
from hitless.images.digest import PIECE

Told = ScannedFile | int | None
LENGTH = struct.Struct(">I")
SLOTS, SLOT = 8, PIECE  # bytes
MOST_TOLD = 1000  # of one slot
FREE = b"."
