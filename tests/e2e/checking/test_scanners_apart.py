"""The process of the scanners sees what scanners in this one see, and what becomes of it harms nobody."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
from tests.specimens.images import specimen
from tests.unit.checking.scanning.evil import SPECIMENS
from tests.unit.checking.scanning.test_searching import private_key

from hitless.checking import sites
from hitless.checking.check import check
from hitless.checking.facts.scanner import ScannedFile, Scanner
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.facts.tee import Tee
from hitless.checking.report import Report
from hitless.checking.scanning import NAMES, frames, scanners
from hitless.checking.scanning.apart import Apart
from hitless.checking.verdict import Outcome
from hitless.checking.wishes import Wishes
from hitless.images.digest import PIECE
from hitless.images.layout import write_layout

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


def lacking(apart: Apart) -> set[str]:
    """What every scanner says that it lacks; nothing is missing, and nothing was found."""
    told = list(Tee([apart]).finish())
    assert [getattr(one, "name", "") for one in told] == [name for name in NAMES if name != "clamav"]
    return {one.lacking for one in told if isinstance(one, ScannerSeen)}


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


@pytest.mark.parametrize("shown", [0, 1, 20])
def test_a_process_that_is_killed_proves_nothing(apart: Apart, shown: int) -> None:
    os.kill(apart.pid, signal.SIGSEGV)
    seen([apart], [(f"srv/{number}", bytes(PIECE)) for number in range(shown)])
    assert lacking(apart) == {"the process of the scanners broke, with code -11"}


def test_where_no_process_can_be_started_all_scanners_lack_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with closing(Apart(clamav=False)) as one:
        seen([one], [("srv/a", b"1")])
        assert lacking(one) == {"no process could be started for the scanners: No such file or directory"}


@pytest.mark.parametrize("count", [frames.MOST_TOLD // 2 - 1, frames.MOST_TOLD, 10 * frames.MOST_TOLD])
@pytest.mark.parametrize("data", [b"", b"1"])
def test_however_many_there_are_and_however_long_their_names(apart: Apart, count: int, data: bytes) -> None:
    files = [(f"srv/{'long' * 900}/{number}", data) for number in range(count)]
    assert seen([apart], files) == seen(scanners(clamav=False), files)


def test_a_piece_that_is_too_long_is_told(apart: Apart) -> None:
    class Whole(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read()

    tee = Tee([apart])
    tee.scan(ScannedFile("srv/a", 1, 0o644), Whole(bytes(PIECE + 1)))
    assert all("bytes at once" in one.lacking for one in tee.finish() if isinstance(one, ScannerSeen))


def test_one_that_is_closed_early_is_gone(apart: Apart) -> None:
    apart.begin(ScannedFile("srv/a", 1, 0o644))
    apart.feed(b"x")
    apart.close()
    assert not Path(f"/proc/{apart.pid}").exists()


class Dying(Apart):
    def begin(self, file: ScannedFile) -> Apart | None:
        os.kill(self.pid, signal.SIGSEGV)
        return super().begin(file)


class Interrupted(Apart):
    made: ClassVar[list[Apart]] = []

    def begin(self, file: ScannedFile) -> Apart | None:
        self.made.append(self)
        raise KeyboardInterrupt


def checked(folder: Path) -> Report:
    layout = folder / "layout"
    write_layout(layout, {"v1": specimen()})
    return check(f"{layout}:v1", Wishes(select=("HL1", "HL40")))


def test_a_check_whose_scanners_die_has_all_other_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "Apart", Dying)
    outcomes = {one.rule.id: one.verdict.outcome for one in checked(tmp_path).judged}
    assert outcomes["HL102"] is Outcome.PASSED
    assert {outcomes[rule] for rule in ("HL401", "HL402", "HL403")} == {Outcome.UNPROVEN}


def test_a_check_that_is_interrupted_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "Apart", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        checked(tmp_path)
    (one,) = Interrupted.made
    assert not Path(f"/proc/{one.pid}").exists()
