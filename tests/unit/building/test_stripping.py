"""Libraries without their symbols: shorter, whole, and only those that can be shortened safely."""

from __future__ import annotations

import ctypes
import shutil
import struct
import sys
from pathlib import Path

import httptools.parser.parser
import pytest

from hitless.building.stripping import strip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems have other libraries")
LIBRARY = Path(httptools.parser.parser.__file__)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """One that its makers have left all symbols in."""
    return Path(shutil.copy(LIBRARY, tmp_path / "library.so"))


def test_a_library_becomes_shorter_and_still_loads(library: Path) -> None:
    assert strip(library)
    assert library.stat().st_size < LIBRARY.stat().st_size / 2
    assert ctypes.CDLL(str(library)).PyInit_parser


def test_what_is_loaded_stays_as_it_was(library: Path) -> None:
    strip(library)
    old, new = LIBRARY.read_bytes(), library.read_bytes()
    loaded = _end_of_segments(old)
    assert new[64:loaded] == old[64:loaded]
    assert _names_of_sections(new) == [name for name in _names_of_sections(old) if not _is_dropped(name)]


def test_twice_is_once(library: Path) -> None:
    strip(library)
    once = library.read_bytes()
    assert not strip(library)
    assert library.read_bytes() == once


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"#!/bin/sh\n", id="text"),
        pytest.param(lambda data: data[:40], id="cut-in-its-head"),
        pytest.param(lambda data: data[:-100], id="cut-off"),
        pytest.param(lambda data: data + b"more", id="something-behind-it"),
        pytest.param(lambda data: data[:4] + b"\x01" + data[5:], id="32-bits"),
        pytest.param(lambda data: data[:40] + b"\xff" * 8 + data[48:], id="sections-nowhere"),
        pytest.param(lambda data: data[:60] + struct.pack("<HH", 3, 9) + data[64:], id="names-nowhere"),
    ],
)
def test_anything_else_stays_as_it_is(library: Path, damage: object) -> None:
    assert callable(damage)
    data = damage(library.read_bytes())
    library.write_bytes(data)
    assert not strip(library)
    assert library.read_bytes() == data


def _is_dropped(name: str) -> bool:
    return name.startswith((".debug_", ".symtab", ".strtab", ".comment", ".gnu.build"))


def _end_of_segments(data: bytes) -> int:
    (at,), (count,) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<H", data, 56)
    rows = [struct.unpack_from("<IIQQQQQQ", data, at + 56 * number) for number in range(count)]
    return int(max(row[2] + row[5] for row in rows))


def _names_of_sections(data: bytes) -> list[str]:
    (at,), (count, names) = struct.unpack_from("<Q", data, 40), struct.unpack_from("<HH", data, 60)
    rows = [struct.unpack_from("<IIQQQQIIQQ", data, at + 64 * number) for number in range(count)]
    start = rows[names][4]
    return [data[start + row[0] :].partition(b"\0")[0].decode() for row in rows]
