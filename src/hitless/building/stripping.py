"""Takes symbols and debugging sections out of a shared library, as `strip` does: what is left is all that runs.

In Python, so that the same file comes out on every machine. A library whose layout is not the usual one (something
lies behind or between what is dropped, as patchelf leaves it) stays as it is. 64 bits, little endian (ELF, gABI 4).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"\x7fELF\x02\x01\x01"
_HEAD = struct.Struct("<16sHHIQQQIHHHHHH")  # Elf64_Ehdr
_SEGMENT = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
_SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
_ALLOCATED, _WITHOUT_BYTES, _NAMES = 2, 8, 3  # SHF_ALLOC, SHT_NOBITS, SHT_STRTAB
_LARGEST_NAMES = 1 << 20  # bytes; what claims more is not touched


@dataclass(frozen=True)
class _Section:
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int

    @property
    def end(self) -> int:
        return self.offset if self.kind == _WITHOUT_BYTES else self.offset + self.size

    @property
    def is_loaded(self) -> bool:
        return bool(self.flags & _ALLOCATED)

    def packed(self) -> bytes:
        return _SECTION.pack(*vars(self).values())


def strip(path: Path) -> bool:
    """Shorten a file in place; whether it was. Files that are no such library are left alone."""
    with path.open("r+b") as file:
        try:
            tail = _tail(file, path.stat().st_size)
        except (struct.error, ValueError):
            return False  # cut off, or full of nonsense: nothing that we could better
        if tail is None:
            return False
        end, data, head = tail
        file.seek(end)
        file.truncate()
        file.write(data)
        file.seek(0)
        file.write(head)
        return True


def _tail(file: BinaryIO, size: int) -> tuple[int, bytes, bytes] | None:
    """Where to cut, what to put there, and the new head; None for what stays as it is."""
    head = file.read(_HEAD.size)
    if not head.startswith(_MAGIC):
        return None
    fields = list(_HEAD.unpack(head))
    segments_at, sections_at = fields[5], fields[6]
    segment_size, segments, section_size, count, names_at = fields[9:14]
    if segment_size != _SEGMENT.size or section_size != _SECTION.size or not 0 < names_at < count:
        return None
    sections = [_Section(*_SECTION.unpack(row)) for row in _rows(file, sections_at, count, _SECTION.size)]
    kept = _kept(sections)
    if kept is None or size != max(sections_at + count * _SECTION.size, *(section.end for section in sections)):
        return None
    loaded = [_SEGMENT.unpack(row) for row in _rows(file, segments_at, segments, _SEGMENT.size)]
    ends = [_HEAD.size, segments_at + segments * _SEGMENT.size, *(row[2] + row[5] for row in loaded)]
    end = max(*ends, *(section.end for section in kept))
    data, at = _rebuilt(file, kept, sections[names_at], end)
    if end + len(data) >= size:
        return None
    fields[6], fields[12], fields[13] = at, len(kept) + 1, len(kept)
    return end, data, _HEAD.pack(*fields)


def _rows(file: BinaryIO, at: int, count: int, size: int) -> list[bytes]:
    file.seek(at)
    return [file.read(size) for _ in range(count)]


def _kept(sections: list[_Section]) -> list[_Section] | None:
    """What is loaded, if it comes first and points at nothing that goes."""
    count = next((at for at, section in enumerate(sections) if at and not section.is_loaded), len(sections))
    kept, dropped = sections[:count], sections[count:]
    if any(section.is_loaded for section in dropped) or any(section.link >= count for section in kept):
        return None
    return kept


def _rebuilt(file: BinaryIO, kept: list[_Section], old: _Section, end: int) -> tuple[bytes, int]:
    """Names and headers of the sections that stay, for the place `end`; and where the headers begin."""
    if old.size > _LARGEST_NAMES:
        raise ValueError("its table of names is too large")
    file.seek(old.offset)
    texts = file.read(old.size)
    names, rows = b"\0", []
    for section in kept:
        name = texts[section.name : texts.index(b"\0", section.name) + 1]
        rows.append(replace(section, name=len(names) if section.name else 0))
        names += name if section.name else b""
    own = _Section(len(names), _NAMES, 0, 0, end, 0, 0, 0, 1, 0)
    names += b".shstrtab\0"
    at = -(-(end + len(names)) // 8) * 8
    headers = b"".join(section.packed() for section in (*rows, replace(own, size=len(names))))
    return names.ljust(at - end, b"\0") + headers, at
