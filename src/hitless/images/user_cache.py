"""Where caches belong: the XDG Base Directory Specification."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """`$XDG_CACHE_HOME/hitless` if that is absolute, else `~/.cache/hitless`; None for a user who has no home."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():
        caches = Path(os.path.expanduser("~"), ".cache")  # noqa: PTH111 - it does not raise
    return caches / "hitless" if caches.is_absolute() else None
