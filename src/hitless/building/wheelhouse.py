"""Wheels on this machine, by their hash: a folder in the user's cache, filled by pip."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hitless.building.target import Target
from hitless.building.wheels import Wheel
from hitless.errors import UnavailableError
from hitless.images.replacing import replacing

_LONGEST_S = 1800.0
_COMPILED = (
    "\n    If one was compiled on another machine: add --upgrade --engine podman, or build on a base that has it;"
    "\n    `hitless dockerfile` prints one."
)


class Wheelhouse:
    """`folder/sha256/filename`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, wheel: Wheel) -> Path:
        return self._folder / wheel.sha256 / wheel.filename

    def missing(self, wheels: Sequence[Wheel]) -> list[Wheel]:
        return [wheel for wheel in wheels if not self.path(wheel).exists()]

    def fetch(self, wheels: Sequence[Wheel], target: Target) -> None:
        """Have all of them here; those that are, are not asked for. UnavailableError."""
        missing = self.missing(wheels)
        if not missing:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=self._folder) as scratch:
                self._download(missing, target, Path(scratch))
                for wheel in missing:
                    self._keep(wheel, Path(scratch) / wheel.filename)
        except OSError as error:
            raise UnavailableError(f"the cache {self._folder} cannot be written: {error.strerror}") from error

    def adopt(self, file: Path) -> tuple[str, Path]:
        """Keep a wheel that is a file here; its hash, and where it is now. OSError."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        place = self._folder / digest / file.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as opened, replacing(place) as copy:
                shutil.copyfileobj(opened, copy)
        return digest, place

    def _download(self, wheels: Sequence[Wheel], target: Target, into: Path) -> None:
        asked = into / "requirements.txt"
        lines = (f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels)
        asked.write_text("".join(lines), encoding="utf-8")
        command = [
            *_pip(), "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
            "--require-hashes", "--only-binary", ":all:", "--implementation", "cp",
            "--python-version", ".".join(map(str, target.python)), "--abi", f"cp{target.python[0]}{target.python[1]}",
            "--abi", "abi3", "--abi", "none", *(f"--platform={tag}" for tag in target.platform_tags),
            "--dest", str(into), "--requirement", str(asked),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise UnavailableError(f"the wheels cannot be fetched: {error}") from error
        if done.returncode:
            words = " ".join(line for line in done.stderr.splitlines() if not line.startswith("WARNING"))
            hint = _COMPILED if "No matching distribution" in words else ""
            raise UnavailableError(f"the wheels cannot be fetched: {words[-600:].strip()}{hint}")

    def _keep(self, wheel: Wheel, found: Path) -> None:
        if not found.exists():
            raise UnavailableError(f"{wheel.filename} is not among what the package index gave")
        with found.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wheel.sha256:
                raise UnavailableError(f"{wheel.filename} is not the file that was resolved: its hash is another")
        place = self.path(wheel)
        place.parent.mkdir(exist_ok=True)
        found.replace(place)


def _pip() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    from uv import find_uv_bin

    return [find_uv_bin(), "tool", "run", "--no-python-downloads", "pip"]
