"""docker and podman by their command lines: images into them, containers started, watched and removed."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hitless.engines.calling import LONGEST_S, Answer, call
from hitless.engines.commands import DIALECTS, address_in, failure, identity_in, run_arguments
from hitless.engines.running import Address, Start
from hitless.errors import UnavailableError
from hitless.images.archive import write_archive
from hitless.images.image import Image
from hitless.images.reference import Reference

_LAST_WORDS = 2000  # characters of a log, in errors


class ContainerEngine:
    """`name` is one of DIALECTS. `program`: how it is called, where its name alone does not do."""

    def __init__(self, name: str, program: Sequence[str] = ()) -> None:
        self._dialect = DIALECTS[name]
        self.program = tuple(program) or (name,)

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
        answer = self.ask(*arguments)
        if not answer.ok:
            raise failure(f"{self.name} {arguments[0]} failed", answer.errors)
        return answer.output

    def version(self) -> str:
        """Of what does the work; UnavailableError where it cannot be asked."""
        return self.do(*self._dialect.version).strip()

    def identity(self, image: str) -> str | None:
        """The id of an image that the engine has, by name or id."""
        answer = self.ask("image", "inspect", "--format", "{{.Id}}", image)
        return identity_in(answer.output) if answer.ok else None

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
            self.ask("rmi", "--force", str(reference))

    def start(self, start: Start) -> Container:
        container = Container(self, f"hitless-{uuid.uuid4().hex[:16]}", start.port)
        try:
            self.do(*run_arguments(start, container.name, self._dialect))
        except BaseException:
            container.remove()  # docker leaves behind what it made and could not start
            raise
        return container

    def remove(self, container: str) -> None:
        answer = self.ask(*self._dialect.remove, container)
        if not answer.ok and self.ask("container", "inspect", container).ok:
            raise failure(f"{self.name} cannot remove {container}", answer.errors)


class Container:
    """One container, by its name."""

    def __init__(self, engine: ContainerEngine, name: str, port: int) -> None:
        self.name = name
        self._engine = engine
        self._port = port
        self._address: Address | None = None

    def address(self) -> Address:
        if self._address is None:
            answer = self._engine.ask("port", self.name, f"{self._port}/tcp")
            self._address = address_in(answer.output)
        if self._address is None:
            raise UnavailableError(f"{self.name} has no address: {self._state()}")
        return self._address

    def signal(self, number: int) -> None:
        answer = self._engine.ask("kill", "--signal", str(number), self.name)
        if not answer.ok and self.wait(0) is None:
            raise failure(f"{self._engine.name} cannot signal {self.name}", answer.errors)

    def wait(self, within_s: float) -> int | None:
        running, _, code = self._inspected("{{.State.Running}} {{.State.ExitCode}}").partition(" ")
        if running == "true":
            if not self._ends(within_s):
                return None
            code = self._inspected("{{.State.ExitCode}}")
        return int(code)

    def _ends(self, within_s: float) -> bool:
        """Its end is waited for by the engine; what `wait` prints is not used: old podmans lose it in a race."""
        return within_s > 0 and call((*self._engine.program, "wait", self.name), within_s) is not None

    def _inspected(self, form: str) -> str:
        return self._engine.do("container", "inspect", "--format", form, self.name).strip()

    def logs(self) -> str:
        answer = self._engine.ask("logs", self.name, together=True)
        if not answer.ok:
            raise failure(f"{self._engine.name} has no log of {self.name}", answer.output)
        return answer.output

    def remove(self) -> None:
        self._engine.remove(self.name)

    def _state(self) -> str:
        code = self.wait(0)
        if code is None:
            return f"no port {self._port} is published"
        return f"it has ended with {code}\n{self.logs()[-_LAST_WORDS:].strip()}"
