"""Uploads that a killed process or a broken connection left behind, in small files below the user's cache folder.

A file tells where the registry wants the rest; how much it has, the registry tells. Nothing here may fail a push.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hitless.images.user_cache import cache_folder

_MOST_BYTES = 64 << 10
_KEPT_S = 7 * 24 * 3600  # registries throw away what is older


class KeptUpload(msgspec.Struct, frozen=True):
    """`offset`: bytes that the registry had at last; `least`: the smallest chunk that it takes."""

    registry: str
    repository: str
    digest: str
    location: str
    offset: int
    least: int = 0


def default_folder() -> Path:
    return (cache_folder() or Path(tempfile.gettempdir(), "hitless")) / "uploads"


class Resumption:
    """What is kept of one blob's upload. Without a folder that can be written it keeps nothing."""

    def __init__(self, folder: Path, registry: str, repository: str, digest: str) -> None:
        self._key = (registry, repository, digest)
        name = hashlib.sha256("\0".join(self._key).encode()).hexdigest()
        self._file = folder / f"{name}.json"
        self._lock = folder / f"{name}.lock"
        self._is_ours = False

    @contextlib.contextmanager
    def claimed(self) -> Iterator[Resumption]:
        """For the time of an upload: of two processes that send the same blob, only one keeps and finds something."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = stack.enter_context(self._lock.open("wb"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._is_ours = True
                self._forget_old()
            try:
                yield self
            finally:
                if self._is_ours and not self._file.exists():
                    self._lock.unlink(missing_ok=True)
                self._is_ours = False

    def _forget_old(self) -> None:
        oldest = time.time() - _KEPT_S
        for file in self._file.parent.glob("*.json"):
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < oldest:
                    file.unlink()
                    file.with_suffix(".lock").unlink(missing_ok=True)

    def load(self) -> KeptUpload | None:
        """What is kept; None for nothing, and for what cannot be read."""
        if not self._is_ours:
            return None
        try:
            with self._file.open("rb") as file:
                kept = msgspec.json.decode(file.read(_MOST_BYTES), type=KeptUpload)
        except (OSError, ValueError):
            return None
        return kept if (kept.registry, kept.repository, kept.digest) == self._key else None

    def keep(self, location: str, offset: int, least: int) -> None:
        """Written beside and renamed: whole at every moment. Only for us to read: an address may hold a secret."""
        if not self._is_ours:
            return
        with contextlib.suppress(OSError):
            beside = self._file.with_suffix(f".{os.getpid()}")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(KeptUpload(*self._key, location, offset, least)))
            beside.replace(self._file)

    def forget(self) -> None:
        if self._is_ours:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
