"""Which group of slots is routed to, as the name of a file that nginx and Caddy look for on each request.

Their usual ways, `nginx -s reload` and Caddy's admin API, make them close the idle connections of their own clients,
in the same moment as some of these send: requests lost by the balancer, whatever the server does (nginx has
`keepalive_min_timeout` against it since 1.27.4). A file changes the routes and nothing else.
"""

from __future__ import annotations

import time
from pathlib import Path

OVERLAP_S = 0.05  # both files are there, lest a request that looks at one after the other finds neither


def groups(slots: int) -> list[tuple[int, ...]]:
    """Every slot alone, and every slot with the next."""
    return [(slot,) for slot in range(slots)] + [(slot, (slot + 1) % slots) for slot in range(slots)]


def name(group: tuple[int, ...]) -> str:
    return "slot-" + "-".join(map(str, group))


class Flags:
    """The folder of these files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._current: Path | None = None

    def set(self, group: tuple[int, ...]) -> None:
        flag = self.folder / name(group)
        if flag == self._current:
            return
        flag.touch()
        if self._current is not None:
            time.sleep(OVERLAP_S)
            self._current.unlink()
        self._current = flag
