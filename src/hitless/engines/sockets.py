"""Where something listens, as the kernel of this machine tells of its network namespace (proc_pid_net(5))."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

_LISTENS = "0A"  # TCP_LISTEN


def listening_of(pid: int) -> tuple[tuple[str, int], ...] | None:
    """(address, port) of each TCP socket that takes connections; None where there is no such process."""
    try:
        tables = [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    except OSError:
        return None
    return tuple(sorted({one for table in tables for one in listening_in(table)}))


def listening_in(table: str) -> Iterator[tuple[str, int]]:
    """From lines such as `0: 0100007F:1F90 00000000:0000 0A …`; the first names the columns."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and words[3] == _LISTENS:
            address, _, port = words[1].partition(":")
            yield _address(bytes.fromhex(address)), int(port, 16)


def _address(raw: bytes) -> str:
    """It is written in words of four bytes, each in the order of a little-endian machine."""
    found = ipaddress.ip_address(b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4)))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
