"""Debian's docker-registry on a free port of the loopback, with its data below a folder of the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest
from tests.e2e.serving_process import DIES_WITH_US

from hitless.images.reference import Reference, parse_reference

USER, PASSWORD = "ada", "päss:word"
_STARTED_WITHIN_S = 60.0


def needed(*programs: str) -> None:
    """Skips a test whose programs are missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


class RealRegistry:
    """`logs_in`: with a password file (bcrypt, made by htpasswd); else for everybody."""

    def __init__(self, folder: Path, *, logs_in: bool = False) -> None:
        needed("docker-registry", *(["htpasswd"] if logs_in else []))
        self._folder = folder
        self._logs_in = logs_in
        self.host = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for _ in range(5):  # the port may be taken between our look and its start
            self.host = f"127.0.0.1:{_free_port()}"
            if self._start():
                return self
        raise AssertionError((self._folder / "log").read_text(encoding="utf-8")[-2000:])

    def _start(self) -> bool:
        auth = {"auth": {"htpasswd": {"realm": "here", "path": str(self._password_file())}}} if self._logs_in else {}
        settings = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "data")}},
            "http": {"addr": self.host, "secret": "the same for all"},
            **auth,
        }
        file = self._folder / "settings.yml"
        file.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*DIES_WITH_US, "docker-registry", "serve", str(file)], stdout=log, stderr=log
            )
        until = time.monotonic() + _STARTED_WITHIN_S
        while self._process.poll() is None and time.monotonic() < until:
            try:
                httpx.get(f"http://{self.host}/v2/", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return True
        self._stop()
        return False

    def _password_file(self) -> Path:
        file = self._folder / "htpasswd"
        command = ["htpasswd", "-Bbn", "-C", "5", USER, PASSWORD]
        file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
        return file

    def reference(self, text: str) -> Reference:
        return parse_reference(f"{self.host}/{text}")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
