"""What goes from the reader to the process of the scanners, and back.

Files go there in slots of shared memory, as frames: kind (1 byte), length (4 bytes), so many bytes. The length of a
full slot is told through a pipe (4 bytes; 0: that was all), and a byte comes back when it is free again. What was seen
comes back at the end, as MessagePack.
"""

from __future__ import annotations

import struct

from hitless.images.digest import PIECE as MOST

FILE, PIECE, END = b"FPE"
FRAME, LENGTH = struct.Struct(">BI"), struct.Struct(">I")
SLOTS, SLOT = 8, MOST + (1 << 16)  # bytes
FREE = b"."
