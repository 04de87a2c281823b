"""Tables of sockets as the kernel writes them."""

from __future__ import annotations

import os
import sys

import pytest

from hitless.engines.sockets import listening_in, listening_of

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the samples are of a little-endian machine")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("0: 00000000:1F90 00000000:0000 0A 0", [("0.0.0.0", 8080)], id="all"),
        pytest.param("1: 0100007F:1F90 00000000:0000 0A 0", [("127.0.0.1", 8080)], id="loopback"),
        pytest.param(f"2: {'0' * 32}:0050 {'0' * 32}:0000 0A 0", [("::", 80)], id="all, IPv6"),
        pytest.param(f"3: {'0' * 24}01000000:0050 {'0' * 32}:0000 0A 0", [("::1", 80)], id="loopback, IPv6"),
        pytest.param("4: 0000000000000000FFFF00000100007F:0050 0:0 0A 0", [("127.0.0.1", 80)], id="mapped"),
        pytest.param("5: 0100007F:1F90 0100007F:9999 01 0", [], id="a connection"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_tables(line: str, expected: list[tuple[str, int]]) -> None:
    assert list(listening_in(f"{HEAD}{line}\n")) == expected


def test_of_processes() -> None:
    assert listening_of(os.getpid()) is not None
    assert listening_of(2**22 + 1) is None
