"""What every engine does alike: plain processes, an unpacked root, podman, docker, runc, bubblewrap."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab
from tests.e2e.engines.load import in_network
from tests.e2e.engines.ready import answered
from tests.e2e.images.outside import needs, needs_root

from hitless.engines.bubblewrap import BubblewrapEngine
from hitless.engines.process import ProcessEngine
from hitless.engines.runc import RuncEngine
from hitless.engines.running import Engine, Instance, Start, started
from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.unpacking import unpack

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


@pytest.fixture(params=["package", "root", "podman", "docker", "runc", "bwrap"])
def subject(request: pytest.FixtureRequest, mnist_example: Path) -> Iterator[Subject]:
    if request.param == "package":
        yield Subject(ProcessEngine(), Start(str(mnist_example), environment=AT_ONCE), sys.executable)
        return
    image: Image = request.getfixturevalue("mnist_image")
    python = "/opt/hitless/venv/bin/python"
    if request.param in ("podman", "docker"):
        lab: Lab = request.getfixturevalue("lab")
        engine = lab.engine(request.param)
        start = Start(loaded(engine, image, "mnist:v1", lab), environment=AT_ONCE)
        yield Subject(engine, start, python, lab.command())
        return
    start = Start(str(request.getfixturevalue("unpacked")), environment=AT_ONCE)
    if request.param == "root":
        yield Subject(ProcessEngine(image.configuration), start, python)
        return
    needs(request.param)
    with in_network(request.getfixturevalue("lab").pid):  # the devices that it makes are of the lab's network
        sandbox = RuncEngine if request.param == "runc" else BubblewrapEngine
        yield Subject(sandbox(image.configuration), start, python)


@pytest.fixture(scope="session")
def unpacked(shared: Path, mnist_layout: Path) -> Path:
    needs_root()
    root = shared / "mnist-root"
    with one_at_a_time(shared / "mnist-root.lock"):
        if not root.exists():
            unpack(read_image(LayoutSource(mnist_layout), "the image of the example"), root)
    return root


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


def test_lines_are_seen_as_they_come(subject: Subject) -> None:
    script = "import sys; print('one', flush=True); print('two', file=sys.stderr, flush=True); sys.stdin.read(); "
    script += "import time; time.sleep(1); print('three'); time.sleep(1000)"
    lines: list[tuple[str, str]] = []
    with started(subject.engine, subject.running(subject.python, "-u", "-c", script)) as instance:
        instance.follow(lambda stream, line: lines.append((stream, line)))
        until = time.monotonic() + WITHIN_S
        while len(lines) < 3:
            assert time.monotonic() < until, lines
            time.sleep(0.01)
        assert sorted(lines[:2]) == [("stderr", "two"), ("stdout", "one")]
        assert lines[2] == ("stdout", "three")
        assert 1 << 20 < (instance.memory_bytes() or 0) < 1 << 30
        assert (instance.written() is None) == (subject.engine.name == "process")


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
