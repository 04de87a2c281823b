"""The program clamscan: it looks at a folder into which files are put, a bounded batch at a time.

Nothing in that folder can be executed, and it is removed with everything in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MOST_BATCH_BYTES = 256 << 20
MOST_BATCH_FILES = 5000
_SIGNATURES = ("*.cvd", "*.cld", "*.ndb", "*.hsb", "*.hdb", "*.ldb", "*.mdb", "*.cdb", "*.yar")
DATABASE = Path("/var/lib/clamav")


class Clamscan:
    """`database`: a folder of signatures. `seconds`: for one batch."""

    def __init__(self, program: str, database: Path, seconds: float) -> None:
        self._program = program
        self._database = database
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory(prefix="hitless-clamav-", ignore_cleanup_errors=True)
        self._files = 0
        self._bytes = 0

    def version(self) -> str:
        done = subprocess.run([self._program, "--version"], capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip()

    @property
    def is_full(self) -> bool:
        return self._files >= MOST_BATCH_FILES or self._bytes >= MOST_BATCH_BYTES

    def open(self) -> Path:
        """Where the next file goes."""
        self._files += 1
        return Path(self._folder.name, f"{self._files:06}")

    def wrote(self, size: int) -> None:
        self._bytes += size

    def look(self) -> dict[str, str]:
        """File name → what was found, for all of this batch, which is gone then. OSError if it could not look."""
        if not self._files:
            return {}
        command = [
            self._program, f"--database={self._database}", "--infected", "--no-summary", "--stdout", "--recursive=no",
            "--max-filesize=256M", "--max-scansize=1024M", self._folder.name,
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=self._seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"clamscan took more than {self._seconds:g} s") from error
        finally:
            self._empty()
        if done.returncode not in (0, 1):
            lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
            raise OSError(lines[-1] if lines else f"clamscan ended with {done.returncode}")
        return dict(_found(done.stdout.decode("utf-8", "replace")))

    def close(self) -> None:
        self._folder.cleanup()

    def _empty(self) -> None:
        self._files = self._bytes = 0
        with os.scandir(self._folder.name) as entries:
            for entry in entries:
                Path(entry.path).unlink(missing_ok=True)


def _found(output: str) -> Iterator[tuple[str, str]]:
    """Lines such as `…/000003: Eicar-Signature FOUND`."""
    for line in output.splitlines():
        path, _, rest = line.rpartition(": ")
        if rest.endswith(" FOUND"):
            yield path.rpartition("/")[2], rest.removesuffix(" FOUND")


def installed(database: Path | None, seconds: float) -> Clamscan | str:
    """Or why not."""
    program, folder = shutil.which("clamscan"), database or DATABASE
    if program is None:
        return "ClamAV is not installed (neither clamd nor clamscan)"
    if not any(next(folder.glob(pattern), None) for pattern in _SIGNATURES):
        return f"ClamAV has no signatures in {folder} (freshclam fetches them)"
    return Clamscan(program, folder, seconds)
