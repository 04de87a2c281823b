"""An answer as it comes, from wherever it comes. A value, and the notice that it takes its time."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PATIENCE_S = 2.0


class CutOffError(Exception):
    """The answer ended before its end."""


@dataclass(frozen=True)
class Incoming:
    """An answer. `media_type` is in lower case and without parameters; `pieces` may raise CutOffError; `seconds` says
    how long it took, once they have all been read.
    """

    status: int
    media_type: str
    pieces: Iterator[bytes]
    seconds: Callable[[], float]
    location: str = ""


def essence(content_type: str) -> str:
    """`Text/Plain; charset=utf-8` → `text/plain`."""
    return content_type.partition(";")[0].strip().lower()


@contextlib.contextmanager
def told_when_slow(what: str) -> Iterator[None]:
    """Say on standard error what is being waited for, once that has taken two seconds."""
    timer = threading.Timer(_PATIENCE_S, lambda: print(f"{what} …", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
