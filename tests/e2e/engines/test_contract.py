"""What every engine does alike: plain processes, an unpacked root, podman, docker. A new one joins `subject`."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab
from tests.e2e.engines.ready import answered
from tests.e2e.images.outside import needs, needs_root, run

from hitless.engines.process import ProcessEngine
from hitless.engines.running import Engine, Instance, Start, started
from hitless.images.image import Image

AT_ONCE = {"HITLESS_LINGER": "0", "HITLESS_WORKERS": "1"}
WITHIN_S = 60.0
NOBODY = (7, 56)  # curl: refused, or cut by an engine's proxy


@dataclass(frozen=True)
class Subject:
    """An engine and something that it starts. `python`: an interpreter there; `within` enters the network."""

    engine: Engine
    start: Start
    python: str
    within: Sequence[str] = ()

    def running(self, *command: str, user: str = "") -> Start:
        return dataclasses.replace(self.start, command=command, user=user, port=0)


@pytest.fixture(params=["package", "root", "podman", "docker"])
def subject(request: pytest.FixtureRequest, mnist_example: Path) -> Subject:
    if request.param == "package":
        return Subject(ProcessEngine(), Start(str(mnist_example), environment=AT_ONCE), sys.executable)
    image: Image = request.getfixturevalue("mnist_image")
    python = "/opt/hitless/venv/bin/python"
    if request.param == "root":
        root = request.getfixturevalue("unpacked")
        return Subject(ProcessEngine(image.configuration), Start(str(root), environment=AT_ONCE), python)
    lab: Lab = request.getfixturevalue("lab")
    engine = lab.engine(request.param)
    start = Start(loaded(engine, image, "mnist:v1", lab), environment=AT_ONCE)
    return Subject(engine, start, python, lab.command())


@pytest.fixture(scope="session")
def unpacked(shared: Path, mnist_layout: Path) -> Path:
    needs("umoci")
    needs_root()
    bundle = shared / "mnist-bundle"
    with one_at_a_time(shared / "mnist-bundle.lock"):
        if not bundle.exists():
            run("umoci", "unpack", "--image", f"{mnist_layout}:mnist:v1", bundle)
    return bundle / "rootfs"


def test_a_life(subject: Subject, mnist_example: Path) -> None:
    with started(subject.engine, subject.start) as instance:
        assert instance.wait(0) is None
        address = instance.address()
        answer = answered(instance, "--form", f"images=@{mnist_example / 'seven.jpg'}", within=subject.within)
        assert json.loads(answer) == {"mnist_result": 7}
        assert instance.address() == address
        says(instance, '"ready"')  # it may answer before it says so
        assert instance.wait(0.2) is None
        instance.signal(signal.SIGTERM)
        assert instance.wait(WITHIN_S) == 0, instance.logs()
        assert instance.wait(0) == 0
        instance.signal(signal.SIGTERM)  # to nobody
        assert '"ready"' in instance.logs()
        instance.remove()
        instance.remove()


def test_what_it_says_and_how_it_ends(subject: Subject) -> None:
    start = subject.running("sh", "-c", 'echo "out $HITLESS_WORKERS"; echo err >&2; exit 3')
    with started(subject.engine, start) as instance:
        assert instance.wait(WITHIN_S) == 3
        assert sorted(instance.logs().split("\n")) == ["", "err", "out 1"]


def test_a_signal_that_kills(subject: Subject) -> None:
    start = subject.running(subject.python, "-c", "import time; print('up', flush=True); time.sleep(1000)")
    with started(subject.engine, start) as instance:
        says(instance, "up")
        assert instance.wait(0.5) is None
        instance.signal(signal.SIGKILL)
        assert instance.wait(WITHIN_S) == 137


@pytest.mark.parametrize("user", ["0:0", "1000:100"])
def test_as_whom(subject: Subject, user: str) -> None:
    if subject.engine.name == "process":
        needs_root()
    start = subject.running(subject.python, "-c", "import os; print(os.getuid(), os.getgid(), sep=':')", user=user)
    with started(subject.engine, start) as instance:
        assert instance.wait(WITHIN_S) == 0, instance.logs()
        assert instance.logs().strip() == user


def test_an_error_leaves_nothing_behind(subject: Subject) -> None:
    def fail(instance: Instance) -> None:
        answered(instance, path="/health", within=subject.within)
        urls.append(instance.address().url)
        raise KeyError

    urls: list[str] = []
    with pytest.raises(KeyError), started(subject.engine, subject.start) as instance:
        fail(instance)
    gone = subprocess.run([*subject.within, "curl", "--silent", "--noproxy", "*", *urls], check=False)
    assert gone.returncode in NOBODY


def says(instance: Instance, word: str) -> None:
    until = time.monotonic() + WITHIN_S
    while word not in instance.logs():
        assert instance.wait(0) is None, instance.logs()
        assert time.monotonic() < until, instance.logs()
        time.sleep(0.1)
