"""One JSON string of a text → its value, where it ends, and its faults. It goes on after a bad escape."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hitless.spec import jsonfaults as faulty
from hitless.spec.jsonfaults import Fault, Path

ESCAPES: Mapping[str, str] = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
HEX = re.compile(r"u([0-9a-fA-F]{4})")
LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
# Lines that begin with neither a key nor punctuation, up to a quote: the rest of a text with a line break in it.
GOES_ON = re.compile(r'[\r\n]\s*[^\s"{}\[\],:/#][^"{}\[\]]*"')
UNREADABLE = "\ufffd"


def read_string(text: str, start: int, closing: str, path: Path) -> tuple[str, int, list[Fault]]:
    """Reads the string whose opening quote is at `start`; the offset returned is behind the closing quote."""
    run = re.compile(rf"[^\\\x00-\x1f\ud800-\udfff{closing}]*")
    parts: list[str] = []
    faults: list[Fault] = []
    at, goes_on_to = start + 1, start
    while True:
        match = run.match(text, at)
        assert match is not None  # noqa: S101  (the pattern matches the empty text)
        parts.append(match.group())
        at = match.end()
        char = text[at : at + 1]
        if char == closing:
            return "".join(parts), at + 1, faults
        if char in ("", "\n", "\r") and at >= goes_on_to:
            goes_on_to = _end_of_broken(text, at) if not parts[-1].endswith((",", "}", "]")) else at
            if goes_on_to == at:
                faults.append(faulty.unclosed_string(start, path))
                value = "".join(parts)
                content = value.rstrip(" ,]}")  # a quote forgotten before these: they go on with the text around
                return content, at - (len(value) - len(content)), faults
            faults.append(faulty.broken_string(start, path))
        part, at, fault = _special(text, at, path)
        parts.append(part)
        if fault is not None:
            faults.append(fault)


def _end_of_broken(text: str, at: int) -> int:
    """Where a text that is broken over lines ends; `at` itself where the line break ends it."""
    rest = GOES_ON.match(text, at)
    return at if rest is None else rest.end()


def _special(text: str, at: int, path: Path) -> tuple[str, int, Fault | None]:
    """What is no plain character: an escape, a line break of a broken text, a control character."""
    char = text[at]
    if char == "\\":
        return _escape(text, at, path)
    if char in "\r\n":
        return char, at + 1, None
    return (UNREADABLE if "\ud800" <= char <= "\udfff" else char), at + 1, faulty.raw_character(at, char, path)


def _escape(text: str, at: int, path: Path) -> tuple[str, int, Fault | None]:
    char = text[at + 1 : at + 2]
    if char in ESCAPES and char:
        return ESCAPES[char], at + 2, None
    code = HEX.match(text, at + 1)
    if code is None:
        return char if char not in ("\n", "\r") else "", at + 1 + len(char.strip("\n\r")), faulty.escape(at, char, path)
    value = int(code[1], 16)
    if 0xD800 <= value <= 0xDBFF and (low := LOW_HALF.match(text, code.end())):
        whole = 0x10000 + ((value - 0xD800) << 10) + (int(low[1], 16) - 0xDC00)
        return chr(whole), low.end(), None
    if 0xD800 <= value <= 0xDFFF:
        return UNREADABLE, code.end(), faulty.half_character(at, path)
    return chr(value), code.end(), None
