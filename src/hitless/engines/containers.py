"""docker and podman by their command lines: images into them, containers started, watched and removed."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hitless.engines.calling import LONGEST_S, Answer, call
from hitless.engines.commands import DIALECTS, FORGET, failure, identity_in, run_arguments, unheeded
from hitless.engines.container import Container
from hitless.engines.networks import make_network
from hitless.engines.running import Start
from hitless.engines.runs import this_run
from hitless.errors import UnavailableError
from hitless.images.archive import write_archive
from hitless.images.image import Image
from hitless.images.reference import Reference

_PUBLISHED = "it may have a route out: its own address is not reached from here, so it is in a network of the engine's"


class ContainerEngine:
    """`name` is one of DIALECTS. `program`: how it is called, where its name alone does not do."""

    def __init__(self, name: str, program: Sequence[str] = ()) -> None:
        self._dialect = DIALECTS[name]
        self.program = tuple(program) or (name,)
        self._reaches = True  # the addresses of containers, as far as is known

    @property
    def name(self) -> str:
        return self._dialect.name

    def ask(self, *arguments: str, within_s: float = LONGEST_S, together: bool = False) -> Answer:
        """One command of the engine, whatever comes of it. UnavailableError where it does not end."""
        answer = call((*self.program, *arguments), within_s, together=together)
        if answer is None:
            raise UnavailableError(f"{self.name} {arguments[0]} did not end within {within_s:g} s")
        return answer

    def do(self, *arguments: str) -> str:
        """What the command prints; UnavailableError with what it says about its failure."""
        return self.done(*arguments).output

    def done(self, *arguments: str) -> Answer:
        """The same, with what it says beside."""
        answer = self.ask(*arguments)
        if not answer.ok:
            raise failure(f"{self.name} {arguments[0]} failed", answer.errors)
        return answer

    def version(self) -> str:
        """Of what does the work; UnavailableError where it cannot be asked."""
        return self.do(*self._dialect.version).strip()

    def bridge(self, network: str) -> str:
        """The device of a network, where it may be without an address; else nothing."""
        answer = self.ask(*self._dialect.bridge, network) if self._dialect.bridge else None
        return answer.output.strip() if answer is not None and answer.ok else ""

    def identity(self, image: str) -> str | None:
        """The id of an image that the engine has, by name or id."""
        answer = self.ask("image", "inspect", "--format", "{{.Id}}", image)
        return identity_in(answer.output) if answer.ok else None

    def _user(self, image: str) -> str:
        answer = self.ask("image", "inspect", "--format", "{{.Config.User}}", image)
        return answer.output.strip() if answer.ok else ""

    def load(self, image: Image, reference: Reference) -> str:
        """Put an image into the engine under a name; its id there, which is checked: it tells every byte of it.

        UnavailableError for an engine that made something else of it.
        """
        with tempfile.TemporaryDirectory(prefix="hitless-load-") as scratch:
            archive = Path(scratch) / "image.tar"
            write_archive(archive, {reference: image})
            self.do("load", "--input", str(archive))
        found = self.identity(str(reference))
        # Classic engines know an image by its configuration, those on containerd's store by its manifest.
        if found not in (image.configuration.digest, image.digest):
            raise UnavailableError(f"{self.name} made {found} of {image.configuration.digest}: it is not that image")
        return found

    @contextlib.contextmanager
    def loaded(self, image: Image, reference: Reference) -> Iterator[str]:
        """The id of an image that is there for the length of a block, and gone after it."""
        try:
            yield self.load(image, reference)
        finally:
            self.forget(str(reference))

    def forget(self, image: str) -> bool:
        """Remove an image's name, and the image with its last one. What runs from it, whosever it is, goes on: the
        image stays for it, without this name."""
        return any(self.ask(*words, image).ok for words in FORGET[self.name])

    def start(self, start: Start) -> Container:
        """Confined, it has a network of its own; where that does not reach it, a published port, and a route out."""
        confinement = start.confinement
        if confinement is None:
            return self._run(start)
        start = dataclasses.replace(start, confinement=dataclasses.replace(
            confinement, label=confinement.label or this_run(),
        ))  # fmt: skip
        if not start.port:
            return self._run(start, network="none")
        if self._reaches:
            container = self._run(start, network=f"hitless-{uuid.uuid4().hex[:16]}")
            if container.is_reached():
                return container
            container.remove()
            self._reaches = False
        return self._run(start)

    def _run(self, start: Start, network: str = "") -> Container:
        container = Container(self, f"hitless-{uuid.uuid4().hex[:16]}", start.port, network)
        try:
            if network not in ("", "none") and start.confinement is not None:
                make_network(self, network, start.confinement.label)
            image_user = self._user(start.subject) if start.confinement is not None and not start.user else ""
            command = run_arguments(start, container.name, self._dialect, network, image_user)
            answer = self.done(*command)
            container.lacks = _lacking(start, network, answer.errors)
        except BaseException:
            container.remove()  # docker leaves behind what it made and could not start
            raise
        return container

    def remove(self, container: str) -> None:
        answer = self.ask(*self._dialect.remove, container)
        if not answer.ok and self.ask("container", "inspect", container).ok:
            raise failure(f"{self.name} cannot remove {container}", answer.errors)


def _lacking(start: Start, network: str, said: str) -> tuple[str, ...]:
    """What comes of a confinement, by the network that it was started in and what the engine said meanwhile."""
    if start.confinement is None:
        return ("it was started without confinement",)
    return (() if network else (_PUBLISHED,)) + unheeded(said)
