"""The tools that read our images from outside, each with its own folders: nothing of theirs is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def needs(*programs: str) -> None:
    """Skips where one is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian has packages of these names)")


def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("devices, owners and mounts need root")


def run(*command: str | Path) -> str:
    """What it prints; fails with what it says about its failure."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    assert "rror" not in done.stderr
    return done.stdout


class Store:
    """podman's and buildah's images, in a folder of their own; without daemon, network and containers."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="store-")  # podman takes 50 characters, and no more
        root = f"{self._folder.name}/root"
        self._options = ["--root", root, "--runroot", f"{self._folder.name}/run", "--storage-driver", "vfs"]

    def podman(self, *command: str | Path) -> str:
        return run("podman", *self._options, "--cgroup-manager", "cgroupfs", "--events-backend", "file", *command)

    def buildah(self, *command: str | Path) -> str:
        return run("buildah", *self._options, *command)

    def remove(self) -> None:
        self.podman("image", "umount", "--all")
        self.podman("rmi", "--all", "--force")
        self._folder.cleanup()
