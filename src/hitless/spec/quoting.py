"""Text of a user inside of a message: short, on one line, and without characters that drive a terminal."""

from __future__ import annotations

MAX_SHOWN = 60


def printable(text: str, limit: int = MAX_SHOWN) -> str:
    """At most `limit` characters of the text; what does not print is an escape."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(char if char.isprintable() else _escape(char) for char in cut)


def quoted(text: str) -> str:
    """The text as JSON would show it."""
    return '"' + printable(text).replace('"', '\\"') + '"'


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
