"""Where caches belong: the XDG Base Directory Specification."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """`$XDG_CACHE_HOME/hitless`, else `~/.cache/hitless`; None for a user who has no home."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118
    return Path(caches, "hitless") if os.path.isabs(caches) else None  # noqa: PTH117
