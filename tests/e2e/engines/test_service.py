"""A service that somebody else started: watched and signalled, and left as it is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab

from hitless.engines.container import Container
from hitless.engines.containers import ContainerEngine
from hitless.engines.running import NO_CODE, Start, started
from hitless.engines.service import ServiceEngine, refuse_silent
from hitless.errors import UnavailableError
from hitless.images.image import Image

URL = "http://127.0.0.1:8080"
WITHIN_S = 60.0
SLEEP = "import time; print('up', flush=True); time.sleep(1000)"


def test_by_its_process_id() -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.PIPE)
    with process, started(ServiceEngine(URL, pid=process.pid), Start("")) as instance:
        assert process.stdout is not None
        process.stdout.readline()
        assert (instance.wait(0), instance.logs(), instance.written()) == (None, "", None)
        assert (instance.memory_bytes() or 0) > 1 << 20
        instance.remove()
        assert process.poll() is None
        instance = ServiceEngine(URL, pid=process.pid).start(Start(""))
        instance.signal(signal.SIGTERM)
        assert instance.wait(WITHIN_S) == NO_CODE
        process.wait()
        instance.signal(signal.SIGTERM)  # to nobody
        assert instance.memory_bytes() is None
        instance.remove()
        instance.remove()


def test_without_a_process_of_that_id() -> None:
    with pytest.raises(UnavailableError, match="cannot be watched"):
        ServiceEngine(URL, pid=2**22 + 1).start(Start(""))


def test_by_its_container(engine: ContainerEngine, mnist_image: Image, lab: Lab, tmp_path: Path) -> None:
    python = "/opt/hitless/venv/bin/python"
    start = Start(loaded(engine, mnist_image, "mnist:v1", lab), port=0, command=(python, "-c", SLEEP))
    with started(engine, start) as running:
        assert isinstance(running, Container)
        lines: list[tuple[str, str]] = []
        service = ServiceEngine(URL, container=running.name, engine=engine)
        assert service.can_signal
        with started(service, Start("")) as instance:
            instance.follow(lambda stream, line: lines.append((stream, line)))
            until = time.monotonic() + WITHIN_S
            while not lines:
                assert time.monotonic() < until
                time.sleep(0.02)
            assert (lines, instance.logs()) == ([("stdout", "up")], "up\n")
            assert (instance.memory_bytes() or 0) > 1 << 19
        assert running.wait(0) is None
        instance = service.start(Start(""))
        instance.signal(signal.SIGKILL)
        assert instance.wait(WITHIN_S) == 137
    with pytest.raises(UnavailableError, match="container"):
        service.start(Start(""))


def test_where_nothing_listens_that_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        refuse_silent(url)
    with pytest.raises(UnavailableError, match=r"Connection refused.*start the service"):
        refuse_silent(url)
