"""hitless, buildah and podman behind one face: build from nothing and push; build after a change of code and push."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.images.command import Done, run
from bench.images.workshop import HITLESS, Workshop, change

# What root needs where it may not raise limits and control groups are of two kinds (podman's own documentation).
_SETTINGS = """\
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Builder(Protocol):
    """One round: `prepare` costs nothing that counts, then `first`, then `changed` as often as wanted."""

    name: str

    def prepare(self, number: int) -> None: ...

    def first(self, reference: str) -> list[Done]: ...

    def changed(self, reference: str, number: int) -> list[Done]: ...

    def finish(self) -> None: ...


@dataclass
class Ours:
    """`hitless build --push` from wheels that are there."""

    workshop: Workshop
    name: str = "hitless"

    def prepare(self, number: int) -> None:
        self.package = self.workshop.package(f"ours-{number}")
        self.cache = self.workshop.cache(f"ours-{number}")

    def first(self, reference: str) -> list[Done]:
        return [self.build(self.package, self.cache, reference)]

    def changed(self, reference: str, number: int) -> list[Done]:
        change(self.package / "model.py", number)
        return [self.build(self.package, self.cache, reference)]

    def build(self, package: Path, cache: Path, reference: str) -> Done:
        base = self.workshop.base
        return run([*HITLESS, "build", package, "--base", base, "--cache", cache, "-t", reference, "--push"])

    def finish(self) -> None:
        """Its caches go with the workshop."""


@dataclass
class Engine:
    """buildah or podman as they are by default: podman caches layers, buildah does not. Own storage each."""

    workshop: Workshop
    name: str

    def prepare(self, number: int) -> None:
        self.folder = self.workshop.folder / f"{self.name}-{number}"
        self.context = self.workshop.context(f"{self.name}-context-{number}")
        self.folder.mkdir(parents=True)
        settings = self.folder / "containers.conf"
        settings.write_text(_SETTINGS)
        self.environ = {"CONTAINERS_CONF": str(settings), "STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "oci"}
        self.storage = ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "runroot")]
        place = f"containers-storage:[overlay@{self.folder}/root+{self.folder}/runroot]localhost/base:latest"
        run(["skopeo", "--insecure-policy", "copy", "-q", f"oci:{self.workshop.base}:latest", place])

    def first(self, reference: str) -> list[Done]:
        return [self._build(reference), self._push(reference)]

    def changed(self, reference: str, number: int) -> list[Done]:
        change(self.context / "package" / "model.py", number)
        return [self._build(reference), self._push(reference)]

    def _build(self, reference: str) -> Done:
        verb = ["bud", "--runtime", "runc", "--pull-never"] if self.name == "buildah" else ["build", "--pull=never"]
        options: list[str | Path] = ["--network", "none", "-q", "-t", reference, self.context]
        return run([self.name, *self.storage, *verb, *options], environ=self.environ)

    def _push(self, reference: str) -> Done:
        return run([self.name, *self.storage, "push", "-q", "--tls-verify=false", reference], environ=self.environ)

    def finish(self) -> None:
        run([self.name, *self.storage, "rmi", "--all", "--force"], environ=self.environ)
        if os.path.ismount(overlay := self.folder / "root" / "overlay"):
            run(["umount", overlay])
        shutil.rmtree(self.folder, ignore_errors=True)


def available(workshop: Workshop) -> list[Builder]:
    """Ours first; engines where they are installed and we are root."""
    engines = [Engine(workshop, name) for name in ("buildah", "podman") if shutil.which(name) and not os.geteuid()]
    return [Ours(workshop), *(engines if shutil.which("skopeo") else [])]
