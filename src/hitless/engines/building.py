"""An image made by an engine from a Dockerfile and an image of ours: in, built, out again, nothing left behind."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.engines.calling import call
from hitless.engines.commands import FORGET, failure
from hitless.engines.found import unknown_engine
from hitless.errors import InputError, UnavailableError
from hitless.images.archive import archive_source, write_archive
from hitless.images.image import Image
from hitless.images.reading import read_image
from hitless.images.reference import Reference, parse_reference

_LONGEST_S = 3600.0


@dataclass(frozen=True)
class Words:
    """How one engine says it. {archive} is a file, {folder} has the Dockerfile, {name} is an image's."""

    load: tuple[str, ...]
    build: tuple[str, ...]
    save: tuple[str, ...]


# The host's network: packages come from where this machine gets them. Never pulled: the base is there.
WORDS: Mapping[str, Words] = {
    "docker": Words(
        load=("load", "--input", "{archive}"),
        build=("build", "--network", "host", "--no-cache", "--tag", "{name}", "{folder}"),
        save=("save", "--output", "{archive}", "{name}"),
    ),
    "podman": Words(
        load=("load", "--input", "{archive}"),
        build=("build", "--network", "host", "--pull=never", "--no-cache", "--tag", "{name}", "{folder}"),
        save=("save", "--output", "{archive}", "{name}"),
    ),
    "buildah": Words(
        load=("pull", "docker-archive:{archive}"),
        build=("build", "--network", "host", "--pull=never", "--tag", "{name}", "{folder}"),
        save=("push", "{name}", "docker-archive:{archive}:{name}"),
    ),
}


class BuildingEngine:
    """`name` is one of WORDS; `program`: how it is called, where its name alone does not do."""

    def __init__(self, name: str, program: Sequence[str] = ()) -> None:
        self.name = name
        self._words = WORDS[name]
        self._program = tuple(program) or (name,)

    @contextlib.contextmanager
    def made(self, base: Image, dockerfile: str) -> Iterator[Image]:
        """The image of a Dockerfile whose {base} is the base's name; its bytes are there for the length of the block.

        UnavailableError with what the engine says.
        """
        mark = uuid.uuid4().hex[:16]
        below, above = (parse_reference(f"localhost/hitless-{part}:{mark}") for part in ("base", "made"))
        with tempfile.TemporaryDirectory(prefix="hitless-engine-") as scratch:
            folder, archive = Path(scratch) / "context", Path(scratch) / "image.tar"
            folder.mkdir()
            (folder / "Dockerfile").write_text(dockerfile.format(base=below), encoding="utf-8")
            try:
                write_archive(archive, {below: base})
                self._do(self._words.load, archive, folder, below)
                archive.unlink()
                self._do(self._words.build, archive, folder, above)
                self._do(self._words.save, archive, folder, above)
            finally:
                self._forget(above, below)
            yield read_image(archive_source(archive), f"what {self.name} made")

    def _do(self, words: Sequence[str], archive: Path, folder: Path, name: Reference) -> None:
        arguments = [word.format(archive=archive, folder=folder, name=name) for word in words]
        answer = call((*self._program, *arguments), _LONGEST_S)
        if answer is None:
            raise UnavailableError(f"{self.name} {words[0]} did not end within {_LONGEST_S:g} s")
        if not answer.ok:
            raise failure(f"{self.name} {words[0]} failed", f"{answer.output[-2000:]} {answer.errors[-2000:]}")

    def _forget(self, *names: Reference) -> None:
        for name in names:
            for words in FORGET[self.name]:
                answer = call((*self._program, *words, str(name)), _LONGEST_S)
                if answer is not None and answer.ok:
                    break


def building_engine(name: str) -> BuildingEngine:
    """The engine that a user named. InputError for an unknown name, UnavailableError for one that is not installed."""
    if name not in WORDS:
        raise InputError([unknown_engine(name, WORDS)])
    if shutil.which(name) is None:
        raise UnavailableError(f"{name} cannot be used: it is not installed")
    return BuildingEngine(name)
