"""The bytes of a file → its text. JSON is UTF-8; what else is found is named, and decoded as far as it can be."""

from __future__ import annotations

import codecs

from hitless.spec.jsonfaults import BYTE_ORDER_MARK, NOT_UTF8, Fault

# UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other.
WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAVE = "Save the file as UTF-8, without a byte order mark."


def decode(data: bytes) -> tuple[str, list[Fault]]:
    """The text and the faults of its encoding. What cannot be decoded is U+FFFD in the text; nothing is raised."""
    for mark, encoding in WIDE_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), [Fault(NOT_UTF8, 0, f"the file is {encoding.upper()}", SAVE)]
    if len(data) > 1 and data[:2].count(0) == 1:  # `{` and a NUL: UTF-16 without its mark
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
        return data.decode(encoding, "replace"), [Fault(NOT_UTF8, 0, "the file is UTF-16", SAVE)]
    faults = []
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        faults.append(Fault(BYTE_ORDER_MARK, 0, "the file begins with a byte order mark", SAVE))
    try:
        return data.decode(), faults
    except UnicodeDecodeError as error:
        at = len(data[: error.start].decode())
        message = f"byte 0x{data[error.start]:02X} here is not UTF-8: the file was saved in another encoding"
        return data.decode(errors="replace"), [*faults, Fault(NOT_UTF8, at, message, SAVE)]
