"""Hashes of files, remembered by what the system says of them: a weight of gigabytes is not read for every build."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from hitless.images.replacing import replacing


class FileHashes:
    """`place`: the file of the memory. Entries whose file has changed in size, time or place on the disk are void."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._known: dict[str, list[object]] = {}
        with suppress(OSError, ValueError):
            read = json.loads(place.read_text())
            self._known = read if isinstance(read, dict) else {}
        self._changed = False

    def sha256(self, path: Path) -> str:
        """In hexadecimal."""
        facts = path.stat()
        stamp = [facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_ctime_ns]
        name = str(path.resolve())
        known = self._known.get(name)
        if isinstance(known, list) and known[:-1] == stamp:
            return str(known[-1])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[name] = [*stamp, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Keep what was learnt; a disk that is full costs time, not the build."""
        if not self._changed:
            return
        with suppress(OSError):
            self._place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._place) as file:
                file.write(json.dumps(self._known).encode())
