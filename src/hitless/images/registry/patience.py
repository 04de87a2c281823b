"""How often something is tried again, and after how long: three tries, 1 s and 3 s apart, or as the registry asks."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable

from hitless.errors import UnavailableError
from hitless.images.registry.refusals import Reply, said

WAITS_S = (1.0, 3.0)
LONGEST_WAIT_S = 120.0

Sleep = Callable[[float], None]


class Interrupted(Exception):  # noqa: N818 - it is caught and answered by another try
    """The connection broke, or there was none."""


class Patience:
    """Counts the tries since the last progress."""

    def __init__(self, host: str, sleep: Sleep = time.sleep) -> None:
        self._host = host
        self._sleep = sleep
        self._left = list(WAITS_S)

    def renew(self) -> None:
        """Something went forward: as many tries as in the beginning."""
        self._left = list(WAITS_S)

    def after(self, trouble: Interrupted | Reply) -> None:
        """Wait before the next try; UnavailableError if there is none left."""
        if not self._left:
            raise self._ended(trouble)
        wait = self._left.pop(0)
        asked = _asked(trouble) if isinstance(trouble, Reply) else None
        if asked is not None and asked > LONGEST_WAIT_S:
            raise UnavailableError(f"{self._host} asks us to come back in {asked:.0f} s: {_told(trouble)}")
        self._sleep(wait if asked is None else asked)

    def _ended(self, trouble: Interrupted | Reply) -> UnavailableError:
        tries = len(WAITS_S) + 1
        return UnavailableError(f"{self._host} could not be reached in {tries} tries: {_told(trouble)}\n"
                                f"    Is the name right, and the network there? Try again later.")  # fmt: skip


def _told(trouble: Interrupted | Reply) -> str:
    return f"it answers {said(trouble)}" if isinstance(trouble, Reply) else str(trouble)


def _asked(reply: Reply) -> float | None:
    """Seconds that Retry-After asks for: a number or a date (RFC 9110, section 10.2.3)."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
