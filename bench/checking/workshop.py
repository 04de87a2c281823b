"""Recipes → images in layouts, by the project's own code: a base, a layer of wheels, a layer of files. All are kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.checking.bases import base_image
from bench.checking.recipes import BOOT, Recipe, filled
from hitless.building.cache import LayerCache
from hitless.errors import UnavailableError
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.layout import write_layout
from hitless.images.packing import plain
from hitless.images.tarball import FILE, PROGRAM, Entry, of_bytes, tar_pieces
from hitless.spec.profiles import DEFAULT, Profile

CREATED = "1980-01-01T00:00:01Z"
_BASE_DIGEST = "org.opencontainers.image.base.digest"
_SITE = "usr/local/lib/python3.11/dist-packages"
_BIN = "usr/local/bin"
_PYTHON = (3, 11)
_LONGEST_S = 900.0
_GO = ("go", "/usr/lib/go-1.19/bin/go")


class Workshop:
    """`folder`: where bases, layers and images are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache = LayerCache(folder / "layers")
        for name in ("bases", "images"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def made(self, recipe: Recipe, profile: Profile = DEFAULT) -> Path:
        """The layout of its image. UnavailableError where a program, a package or a wheel is away."""
        image = self._image(recipe, profile)
        place = self._folder / "images" / f"{recipe.name}-{image.digest.partition(':')[2][:12]}"
        if not place.exists():
            new = place.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            write_layout(new, {recipe.name: image})
            new.rename(place)
        return place

    def base(self, name: str) -> Image:
        return base_image(name, self._folder / "bases")

    def _image(self, recipe: Recipe, profile: Profile) -> Image:
        layers = [("wheels", self._layer(_key(*recipe.wheels), lambda: _wheels(recipe)))] if recipe.wheels else []
        own = list(_files(recipe, profile))
        contents = [(one.path, one.open().read() if one.open else b"") for one in own]
        layers.append(("files", self._layer(_key(*map(repr, contents)), lambda: iter(own))))
        history = [{"created_by": f"COPY {what} / # bench.checking", "created": CREATED} for what, _ in layers]
        base = self.base(recipe.base)
        image = base.on_top([layer for _, layer in layers], history, CREATED).annotated({_BASE_DIGEST: base.digest})
        variables = {**image.configuration.environment, **recipe.environment}
        return image.configured(
            image.configuration.executing(
                Entrypoint=list(recipe.entrypoint) or None,
                Cmd=[filled(word, profile) for word in recipe.command],
                Env=[f"{name}={filled(value, profile)}" for name, value in variables.items()],
                WorkingDir="/app",
                ExposedPorts={"8080/tcp": {}},
                User=recipe.user or None,
                StopSignal=recipe.stop_signal or None,
            )
        )

    def _layer(self, key: str, entries: Callable[[], Iterator[Entry]]) -> Layer:
        found = self._cache.find(key) or self._cache.pack(key, tar_pieces(entries()), plain(), docker=False)
        return found[0]


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _files(recipe: Recipe, profile: Profile) -> Iterator[Entry]:
    if recipe.compiler:
        yield from _COMPILERS[recipe.compiler]([path for path in recipe.files.values() if path.suffix != ".json"])
    for place, path in recipe.files.items():
        if recipe.compiler and path.suffix in (".go", ".java"):
            continue
        data = path.read_bytes() if place != BOOT and _is_binary(path) else filled(path.read_text(), profile).encode()
        yield of_bytes(place.lstrip("/"), data, PROGRAM if path.stat().st_mode & 0o100 else FILE)


def _is_binary(path: Path) -> bool:
    return b"\0" in path.read_bytes()[:4096]


def _compiled_go(sources: list[Path]) -> Iterator[Entry]:
    go = next(filter(None, map(shutil.which, _GO)), None)
    if go is None:
        raise UnavailableError("there is no Go compiler: apt-get install golang-1.19-go")
    with tempfile.TemporaryDirectory(prefix="hitless-go-") as scratch:
        environment = {"CGO_ENABLED": "0", "GOCACHE": f"{scratch}/cache", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
        target = Path(scratch) / "server"
        named = [str(path) for path in sources if path.suffix == ".go"]
        _run([go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(target), *named], environment)
        yield of_bytes("app/server", target.read_bytes(), PROGRAM)


def _compiled_java(sources: list[Path]) -> Iterator[Entry]:
    if shutil.which("javac") is None:
        raise UnavailableError("there is no Java compiler: apt-get install openjdk-17-jdk-headless")
    with tempfile.TemporaryDirectory(prefix="hitless-java-") as scratch:
        named = [str(path) for path in sources if path.suffix == ".java"]
        _run(["javac", "--release", "17", "-d", scratch, *named], {})
        for path in sorted(Path(scratch).rglob("*.class")):
            yield of_bytes(f"app/{path.relative_to(scratch)}", path.read_bytes())


_COMPILERS = {"go": _compiled_go, "javac": _compiled_java}


def _wheels(recipe: Recipe) -> Iterator[Entry]:
    """What pip installs for the base's Python; the programs among it get that Python in their first line."""
    if sys.version_info[:2] != _PYTHON:
        raise UnavailableError(f"wheels for the base are fetched by Python {_PYTHON[0]}.{_PYTHON[1]}")
    scratch = Path(tempfile.mkdtemp(prefix="hitless-wheels-"))
    try:
        _run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(scratch),
             "--only-binary", ":all:", "--no-compile", *recipe.wheels],
            {},
        )  # fmt: skip
        for path in sorted(scratch.rglob("*")):
            relative = path.relative_to(scratch)
            if not path.is_file() or relative.name == ".lock" or "__pycache__" in relative.parts:
                continue
            if relative.parts[0] == "bin":
                yield of_bytes(f"{_BIN}/{relative.name}", _program(path.read_bytes()), PROGRAM)
            else:
                mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
                yield of_bytes(f"{_SITE}/{relative.as_posix()}", path.read_bytes(), mode)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _program(data: bytes) -> bytes:
    first, end, rest = data.partition(b"\n")
    return b"#!/usr/bin/python3" + end + rest if first.startswith(b"#!") and b"python" in first else data


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LONGEST_S, check=False, env={**os.environ, **environment}
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{command[0]} took longer than {_LONGEST_S:g} s") from error
    if done.returncode:
        raise UnavailableError(f"{' '.join(command[:3])}: {done.stderr.strip()[-800:]}")
