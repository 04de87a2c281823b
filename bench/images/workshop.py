"""What all builders work with: copies of the example package, a base, wheels, and what a Dockerfile needs of them."""

from __future__ import annotations

import ensurepip
import json
import shutil
import sys
from pathlib import Path

from bench.images.command import run
from hitless.building.bootfile import boot_file
from hitless.building.recipe import read_recipe
from hitless.building.runtime import PARTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "mnist"
HITLESS = (sys.executable, "-c", "from hitless.cli import main; main()")
SITE = "/opt/hitless/venv/lib/python3.11/site-packages"

_DOCKERFILE = """\
FROM localhost/base
RUN --mount=type=bind,source=wheels,target=/wheels python3 -m venv --without-pip /opt/hitless/venv \
 && /opt/hitless/venv/bin/python /wheels/{pip}/pip install -q --no-index --no-deps --no-cache-dir /wheels/all/*.whl \
 && python3 /wheels/trim.py
COPY hitless {site}/hitless
COPY run.sh /home/run.sh
COPY weights /opt/hitless/package
COPY package /opt/hitless/package
ENV PATH=/opt/hitless/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /opt/hitless/package
USER 1000:100
EXPOSE 8080
STOPSIGNAL SIGTERM
CMD ["sh", "/home/run.sh"]
"""
_TRIM = """\
from fnmatch import fnmatch
from pathlib import Path
site = Path({site!r})
for path in site.rglob("*"):
    if path.is_file() and any(fnmatch(path.relative_to(site).as_posix(), pattern) for pattern in {patterns!r}):
        path.unlink()
"""


class Workshop:
    """`base`: a layout; `wheels`: a cache of hitless that has all wheels and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base"
        self.wheels = folder / "wheel-cache"

    def prepare(self) -> None:
        """Base and wheels come from package mirrors; from here on nothing does."""
        run([*HITLESS, "base", "make", self.base])
        package = self.package("first")
        run(
            [*HITLESS, "build", package, "--base", self.base, "--cache", self.wheels, "-o", self.folder / "first-image"]
        )
        for place in ("layers", "blobs", "hashes.json", "bases"):
            path = self.wheels / place
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def package(self, name: str) -> Path:
        """A fresh copy, with the lock file that the first build wrote."""
        folder = self.folder / name / "mnist"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        lock = self.folder / "first" / "mnist" / "hitless.lock"
        if lock.exists() and not (folder / "hitless.lock").exists():
            shutil.copy(lock, folder)
        return folder

    def cache(self, name: str) -> Path:
        """A cache that has the wheels only."""
        folder = self.folder / "caches" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "wheels").symlink_to((self.wheels / "wheels").resolve())
        return folder

    def context(self, name: str) -> Path:
        """What a Dockerfile of the same image builds from."""
        folder = self.folder / name / "context"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "wheels" / "all").mkdir(parents=True)
        [pip] = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
        shutil.copy(pip, folder / "wheels")
        for wheel in (self.wheels / "wheels").glob("*/*.whl"):
            shutil.copy(wheel, folder / "wheels" / "all")
        recipe = read_recipe(PACKAGE)
        (folder / "wheels" / "trim.py").write_text(_TRIM.format(site=SITE, patterns=recipe.trim))
        (folder / "Dockerfile").write_text(_DOCKERFILE.format(pip=pip.name, site=SITE))
        for part in PARTS:
            source, target = ROOT / "src" / "hitless" / part, folder / "hitless" / part
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        (folder / "run.sh").write_text(boot_file())
        left_out = (*recipe.leave_out, "__pycache__", "*.onnx")
        shutil.copytree(PACKAGE, folder / "package", ignore=shutil.ignore_patterns(*left_out))
        (folder / "weights").mkdir()
        shutil.copy(PACKAGE / "model.onnx", folder / "weights")
        return folder


def change(model: Path, number: int) -> None:
    """The daily change: one line of the model's code."""
    with model.open("a", encoding="utf-8") as file:
        file.write(f"# change {number}\n")


def blob_bytes(registry_data: Path) -> int:
    """All blobs and manifests that a registry has stored."""
    return sum(path.stat().st_size for path in registry_data.glob("docker/registry/v2/blobs/**/data"))


def names_of_packages(package: Path) -> list[str]:
    """Of the lock file: name and version of every wheel."""
    targets = json.loads((package / "hitless.lock").read_text())["targets"].values()
    return sorted({f"{wheel[0]} {wheel[1]}" for target in targets for wheel in target["wheels"]})
