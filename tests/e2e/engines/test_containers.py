"""What only container engines do: they hold images, and what could not be started is not left behind."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack

import pytest
from tests.unit.images.samples import file, image_of, layer_of

from hitless.engines.calling import Answer
from hitless.engines.containers import ContainerEngine
from hitless.engines.found import any_engine, engine_named, found_engines
from hitless.engines.running import Start, started
from hitless.errors import InputError, UnavailableError
from hitless.images.image import Image
from hitless.images.reference import parse_reference


class Remembering(ContainerEngine):
    """Knows what it was to start."""

    def __init__(self, engine: ContainerEngine) -> None:
        super().__init__(engine.name, engine.program)
        self.started: list[str] = []

    def done(self, *arguments: str) -> Answer:
        if arguments[0] == "run":
            self.started.append(arguments[arguments.index("--name") + 1])
        return super().done(*arguments)


@pytest.fixture
def tiny() -> Image:
    image = image_of(layer_of(file("hello", b"there")))
    return image.configured(image.configuration.executing(Cmd=["/hello"]))


def test_an_image_comes_and_goes(engine: ContainerEngine, tiny: Image) -> None:
    reference = parse_reference(f"localhost/tiny:{engine.name}")
    with engine.loaded(tiny, reference) as identity:
        assert identity == tiny.configuration.digest
        assert engine.identity(identity) == engine.identity(str(reference)) == identity
    assert engine.identity(str(reference)) is None


def test_what_runs_from_an_image_outlives_its_name(engine: ContainerEngine, mnist_image: Image) -> None:
    """It may be the user's own: the same image, under a name that another build has taken since."""
    own = mnist_image.configured(mnist_image.configuration.executing(Labels={"own": engine.name}))
    reference = parse_reference(f"localhost/outlived:{engine.name}")
    with ExitStack() as running:
        with engine.loaded(own, reference) as identity:
            instance = running.enter_context(started(engine, Start(identity)))
        assert engine.identity(str(reference)) is None
        assert instance.wait(0) is None
    assert engine.ask("rmi", identity).ok


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        pytest.param(Start("", command=("/no/such/program",)), "/no/such/program", id="no-such-program"),
        pytest.param(Start("localhost/no/such:image"), "no/such", id="no-such-image"),
        pytest.param(Start("", user="nobody-of-that-name"), "nobody-of-that-name", id="no-such-user"),
    ],
)
def test_what_cannot_be_started_is_gone(engine: ContainerEngine, mnist: str, start: Start, reason: str) -> None:
    remembering = Remembering(engine)
    with pytest.raises(UnavailableError, match=reason):
        remembering.start(start if start.subject else dataclasses.replace(start, subject=mnist))
    (name,) = remembering.started
    assert not engine.ask("container", "inspect", name).ok


def test_a_container_that_has_ended_has_no_address(engine: ContainerEngine, mnist: str) -> None:
    with started(engine, Start(mnist, command=("sh", "-c", "echo no memory today; exit 4"))) as instance:
        assert instance.wait(60) == 4
        with pytest.raises(UnavailableError, match=r"ended with 4\nno memory today"):
            instance.address()


def test_engines_are_found_or_say_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert [(one.name, one.lacking) for one in found_engines()] == [
        ("docker", "it is not installed"),
        ("podman", "it is not installed"),
    ]
    with pytest.raises(UnavailableError, match="docker: it is not installed\n    podman: it is not installed"):
        any_engine()
    with pytest.raises(UnavailableError, match="podman cannot be used: it is not installed"):
        engine_named("podman")
    with pytest.raises(InputError, match="Choose one of docker, podman"):
        engine_named("dcoker")


def test_an_engine_that_does_not_run_says_so(lab: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(UnavailableError, match=r"(?s)docker cannot be used: .*Start it, or use podman"):
        engine_named("docker")


def test_engines_that_work_tell_their_versions(engine: ContainerEngine) -> None:
    assert engine.version()[0].isdigit()
