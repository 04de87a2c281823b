"""A log whose reader is slow, asleep or gone never holds the writer up."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitless.serving.outlet import Outlet

LINE = b"x" * 999 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        with contextlib.suppress(OSError):
            os.close(end)


def contents(read: int) -> bytes:
    os.set_blocking(read, False)
    found = b""
    try:
        while data := os.read(read, 1 << 20):
            found += data
    except BlockingIOError:
        pass
    return found


def test_lines_arrive_in_order(pipe: tuple[int, int]) -> None:
    read, write = pipe
    outlet = Outlet(write)
    for number in range(5):
        outlet.write(b"%d\n" % number)
    assert contents(read) == b"0\n1\n2\n3\n4\n"


def test_what_nobody_reads_is_counted_and_told_of(pipe: tuple[int, int]) -> None:
    read, write = pipe
    outlet = Outlet(write)
    for _ in range(200):
        outlet.write(LINE)
    kept = contents(read)
    assert kept == LINE * (len(kept) // len(LINE))
    lost = 200 - len(kept) // 1000
    assert lost > 100
    outlet.write(b"again\n")
    outlet.write(b"and on\n")
    assert contents(read) == b"%d lines of the log were lost: it was not being read\nagain\nand on\n" % lost


def test_a_line_longer_than_the_pipe_is_cut_off_and_the_next_starts_anew(pipe: tuple[int, int]) -> None:
    read, write = pipe
    outlet = Outlet(write)
    outlet.write(b"y" * 1_000_000 + b"\n")
    cut = contents(read)
    assert set(cut) == set(b"y")
    outlet.write(b"next\n")
    assert contents(read) == b"\n1 lines of the log were lost: it was not being read\nnext\n"


def test_a_reader_who_is_behind_gets_everything(pipe: tuple[int, int]) -> None:
    read, write = pipe
    found = bytearray()

    def reads() -> None:
        while data := os.read(read, 3000):
            found.extend(data)

    reader = threading.Thread(target=reads)
    reader.start()
    outlet = Outlet(write)
    for _ in range(1000):
        outlet.write(LINE)
    outlet.write(b"y" * 1_000_000 + b"\n")
    os.close(write)
    reader.join()
    assert bytes(found) == LINE * 1000 + b"y" * 1_000_000 + b"\n"


def test_a_reader_who_is_gone(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.close(read)
    Outlet(write).write(LINE)


def test_a_file(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        outlet = Outlet(file.fileno())
        outlet.write(b"one\n")
        outlet.write(b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
