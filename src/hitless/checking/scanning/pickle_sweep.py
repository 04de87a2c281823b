"""Looks for dangerous imports in bytes that no walk over opcodes reaches: behind the end of a pickle, between arrays.

joblib writes the bytes of arrays into the middle of a pickle, torch wrote them behind it. Wherever an import seems to
begin, a walk begins; it counts where it imports something dangerous and comes to a call before it breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from hitless.checking.scanning.pickle_names import Meaning, meaning
from hitless.checking.scanning.pickle_walk import Walk
from hitless.checking.scanning.windows import Windows

MOST_WALKS = 20_000  # of one window
_WINDOW = 1 << 20
_OVERLAP = 8 << 10
_STRETCH = 4 << 10  # that a walk is given: an import and its call are close together
_LIKELY = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rb"c[A-Za-z_][\w.]{1,80}\n[A-Za-z_][\w.]{0,80}\n",
        rb"i[A-Za-z_][\w.]{1,80}\n[A-Za-z_][\w.]{0,80}\n",
        rb"\x8c[\x02-\x50][A-Za-z_][\w.]",
        rb"X[\x02-\x50]\x00\x00\x00[A-Za-z_][\w.]",
        rb"\x8d[\x02-\x50]\x00{7}[A-Za-z_][\w.]",
        rb"(?:h.|j....)(?:h.|j....|\x8c[\x02-\x50][A-Za-z_][\w.]{1,80}(?:\x94|q.|r....)?)\x93",
    )
)


class Sweep:
    """`memo`: of the pickle that broke off, for names that are recalled from it."""

    def __init__(
        self, told: Callable[[str, str], None], lacks: Callable[[str], None], memo: Sequence[str | None] = ()
    ) -> None:
        self._memo = memo
        self._told = told
        self._lacks = lacks
        self._windows = Windows(self._look, _WINDOW, _OVERLAP)

    def feed(self, piece: bytes) -> None:
        self._windows.feed(piece)

    def end(self) -> None:
        self._windows.end()

    def _look(self, window: bytes, _: int) -> None:
        walks = 0
        for likely in _LIKELY:
            for match in likely.finditer(window):
                if walks >= MOST_WALKS:
                    self._lacks("there is too much in it that looks like imports")
                    return
                walks += 1
                self._try(window[match.start() : match.start() + _STRETCH])

    def _try(self, stretch: bytes) -> None:
        found: list[tuple[str, str]] = []
        walk = Walk(lambda module, name: found.append((module, name)), strict=True, memo=self._memo)
        walk.feed(stretch)
        if walk.calls:
            for module, name in found:
                if "?" not in (module, name) and meaning(module, name) is Meaning.DANGEROUS:
                    self._told(module, name)
