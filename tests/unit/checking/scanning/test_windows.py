"""Windows cover a file without a gap, overlap as they promise, and hold no more than one of them and a piece."""

from __future__ import annotations

import pytest

from hitless.checking.scanning import scanners
from hitless.checking.scanning.windows import Windows


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 25, 100])
@pytest.mark.parametrize("piece", [1, 3, 10, 50])
def test_windows(length: int, piece: int) -> None:
    data = bytes(range(length))
    seen: list[tuple[int, bytes]] = []
    windows = Windows(lambda window, offset: seen.append((offset, window)), size=10, overlap=4)
    for at in range(0, length, piece):
        windows.feed(data[at : at + piece])
    windows.end()
    assert all(data[offset : offset + len(window)] == window for offset, window in seen)
    assert all(any(data[at : at + 4] in window for _, window in seen) for at in range(length))
    assert all(len(window) < 10 + piece + 4 for _, window in seen)


def test_every_name_of_a_scanner_is_there() -> None:
    names = [getattr(one, "name", "") for scanner in scanners(clamav=False) for one in scanner.finish()]
    assert names == ["signatures", "secrets", "pickles", "modes", "executables"]
