"""An image unpacked by umoci, its own command run in its own root: what a container runs, without a container."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

STARTED_WITHIN_S = 60.0


@contextlib.contextmanager
def running(layout: Path, name: str, scratch: Path, owner: str = "1000:100") -> Iterator[httpx.Client]:
    """A client of the server once it is ready; it must end with 0 when it is told to."""
    if shutil.which("umoci") is None or os.geteuid():
        pytest.skip("umoci, run by root, unpacks the image")
    image = read_image(LayoutSource(layout, name), "the image")
    subprocess.run(["umoci", "unpack", "--image", f"{layout}:{name}", scratch / "bundle"], check=True,
                   capture_output=True)  # fmt: skip
    port = _free_port()
    command = ["chroot", f"--userspec={owner}", str(scratch / "bundle/rootfs"), *image.configuration.effective_command]
    settings = {"HITLESS_PORT": str(port), "HITLESS_LINGER": "0.2", "HITLESS_DEADLINE": "20", "HITLESS_WORKERS": "1"}
    path = f"{image.configuration.environment['PATH']}{os.pathsep}{os.environ['PATH']}"  # chroot itself is ours
    environment = {**image.configuration.environment, **settings, "PATH": path}
    with (scratch / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=STARTED_WITHIN_S) as client:
            _wait(client, server, scratch / "log")
            yield client
        server.terminate()
        assert server.wait(STARTED_WITHIN_S) == 0
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(client: httpx.Client, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while server.poll() is None and time.monotonic() < until:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])
