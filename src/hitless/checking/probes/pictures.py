"""Small valid files as a client would send them: digits drawn on 28 × 28 pixels, texts, a table, a sound. Pure."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from dataclasses import dataclass

SIDE = 28
CHUNK = 1 << 20
# A seven as JPEG, grey, white on black.
_SEVEN = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBk"
    "eFxlZ2P/wAALCAAcABwBAREA/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAUGBAL/xAAlEAACAQQCAQMFAAAAAAAAAAABAgMABAURBjESIUFhFlVxo9L/"
    "2gAIAQEAAD8Ag7eCS5uIreFfKWVwiLvWyToD1p59E8i+3/uj/qsuR4zmMXam5vbJo4QQC4dW1vreidfmlNdRyPFIskbsjoQysp0VI6INMI81m5ZF"
    "jjyeQd3IVVWdyWJ6AG6ouaX81li7Hj7XclxOiCW8kaQuWY+oXfetknRHXhUXRVFwxbCDITZLIzRKljGZI4mdQ0r6OvEHvWj7g78aS397Nkb6a8uG"
    "3LM5ZvU6HwN+w6HwKz0UUUV//9k="
)
_STROKES = {  # of a digit: from (x, y) to (x, y)
    7: (((7, 7), (20, 7)), ((20, 7), (13, 22))),
    1: (((14, 5), (14, 22)),),
    4: (((10, 5), (7, 15)), ((7, 15), (20, 15)), ((17, 8), (17, 23))),
}


@dataclass(frozen=True)
class SmallFile:
    name: str
    media_type: str
    data: bytes


def small_file(hint: str, number: int, seed: str) -> SmallFile:
    """The `number`-th file for a field; `hint`: its name and description, in which a kind of file may be named."""
    words = hint.lower()
    if "csv" in words or "table" in words:
        return SmallFile("table.csv", "text/csv", b"a,b\n1,2\n3,4\n")
    if "audio" in words or "wav" in words or "sound" in words:
        return SmallFile("sound.wav", "audio/wav", _sound())
    if any(word in words for word in ("text", "txt", "document")):
        return SmallFile("text.txt", "text/plain", b"Seven digits: 1 2 3 4 5 6 7\n")
    if number == 0:
        return SmallFile("seven.jpg", "image/jpeg", _SEVEN)
    digit = list(_STROKES)[(number - 1) % len(_STROKES)]
    return SmallFile(f"digit{digit}.png", "image/png", drawn(digit, random.Random(f"{seed}/{number}")))  # noqa: S311


def drawn(digit: int, chance: random.Random) -> bytes:
    """A PNG of a digit, grey, white on black; a little different each time."""
    right, down = chance.randint(-2, 2), chance.randint(-2, 2)
    pixels = [bytearray(SIDE) for _ in range(SIDE)]
    for (x0, y0), (x1, y1) in _STROKES[digit]:
        for step in range(SIDE + 1):
            x = round(x0 + (x1 - x0) * step / SIDE) + right
            y = round(y0 + (y1 - y0) * step / SIDE) + down
            for line in pixels[y - 1 : y + 2]:
                line[x - 1 : x + 2] = b"\xff" * 3
    rows = b"".join(b"\0" + bytes(line) for line in pixels)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def grown(png: bytes, size: int) -> bytes:
    """The same picture as a larger file: with private ancillary chunks, which readers skip (PNG, 3rd edition, 5.4)."""
    head, rest = png[:33], png[33:]  # behind IHDR
    parts, missing = [head], size - len(png)
    while missing > 12:
        length = min(missing - 12, CHUNK)
        parts.append(_chunk(b"hlSs", bytes(length)))
        missing -= length + 12
    return b"".join([*parts, rest])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _sound() -> bytes:
    """A tenth of a second of silence: 8 kHz, 16 bit, mono."""
    data = bytes(1600)
    form = struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", len(data))
    return b"RIFF" + struct.pack("<I", 4 + len(form) + len(data)) + b"WAVE" + form + data
