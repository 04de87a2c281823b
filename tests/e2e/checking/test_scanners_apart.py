"""The process of the scanners sees what scanners in this one see, and what becomes of it harms nobody."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.checking.scanning.evil import SPECIMENS
from tests.unit.checking.scanning.test_searching import private_key

from hitless.checking.facts.scanner import ScannedFile, Scanner
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.facts.tee import Tee
from hitless.checking.scanning import NAMES, scanners
from hitless.checking.scanning.apart import Apart
from hitless.images.digest import PIECE

Shown = Sequence[tuple[str, bytes]]


@pytest.fixture
def apart() -> Iterator[Apart]:
    with closing(Apart(clamav=False)) as one:
        yield one
    assert not Path(f"/proc/{one.pid}").exists()


def seen(by: Sequence[Scanner], files: Shown) -> list[ScannerSeen | Finding]:
    tee = Tee(by)
    for path, data in files:
        tee.scan(ScannedFile(path, len(data), 0o4755, layer=1), io.BytesIO(data))
    return sorted(tee.finish(), key=repr)


def broken(apart: Apart) -> bool:
    """Every scanner is there, and says that it lacks everything."""
    told = list(Tee([apart]).finish())
    assert [one.name for one in told if isinstance(one, ScannerSeen)] == [name for name in NAMES if name != "clamav"]
    return all(isinstance(one, ScannerSeen) and "the scanners broke" in one.lacking for one in told)


def test_it_finds_what_is_found_here(apart: Apart) -> None:
    files = [(f"usr/bin/{number}/{name}", make()) for number, (name, make) in enumerate(SPECIMENS.values())]
    here = seen(scanners(clamav=False), files)
    assert sum(isinstance(one, Finding) for one in here) > len(files)
    assert seen([apart], files) == here


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, PIECE + (1 << 16), 30 * PIECE + 7])
def test_whatever_the_sizes_of_files(apart: Apart, size: int) -> None:
    key = private_key("").encode()
    files = [("srv/a", bytes(size) + key), ("srv/b", bytes(size)), *((f"srv/{n}", key) for n in range(3))]
    here = seen(scanners(clamav=False), files)
    assert len([one for one in here if isinstance(one, Finding) and one.kind == "secret"]) == 4
    assert seen([apart], files) == here


def test_a_file_that_breaks_off_is_not_seen_and_the_next_one_is(apart: Apart) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if not (piece := super().read(size)):
                raise OSError("it breaks off")
            return piece

    def told(by: Sequence[Scanner]) -> list[ScannerSeen | Finding]:
        tee = Tee(by)
        with pytest.raises(OSError, match="breaks off"):
            tee.scan(ScannedFile("srv/.netrc", 99, 0o644), Broken(b"machine a password abcdef"))
        tee.scan(ScannedFile("opt/.netrc", 99, 0o644), io.BytesIO(b"machine a password abcdef"))
        return sorted(tee.finish(), key=repr)

    assert told([apart]) == told(scanners(clamav=False))


def test_a_process_that_is_killed_proves_nothing(apart: Apart) -> None:
    tee = Tee([apart])
    os.kill(apart.pid, signal.SIGSEGV)
    for number in range(20):
        tee.scan(ScannedFile(f"srv/{number}", PIECE, 0o644), io.BytesIO(bytes(PIECE)))
    told = list(tee.finish())
    assert {one.name for one in told if isinstance(one, ScannerSeen)} == set(NAMES) - {"clamav"}
    assert all("with code -11" in one.lacking for one in told if isinstance(one, ScannerSeen))


def test_one_that_is_killed_at_the_end_proves_nothing(apart: Apart) -> None:
    os.kill(apart.pid, signal.SIGKILL)
    assert broken(apart)


def test_a_file_with_a_name_that_has_no_end_is_told(apart: Apart) -> None:
    tee = Tee([apart])
    tee.scan(ScannedFile("a" * (2 * PIECE), 1, 0o644), io.BytesIO(b"x"))
    assert all("bytes at once" in one.lacking for one in tee.finish() if isinstance(one, ScannerSeen))


def test_one_that_is_closed_early_is_gone(apart: Apart) -> None:
    apart.begin(ScannedFile("srv/a", 1, 0o644)).feed(b"x")
    apart.close()
    assert not Path(f"/proc/{apart.pid}").exists()
