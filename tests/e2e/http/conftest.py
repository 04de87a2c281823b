"""Servers shared by the tests of this folder: one a package, for the whole run; each is asked at the end if it is well.

What a test does to a shared server must not be felt by another; what needs its own signals or times starts its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.http import packages
from tests.e2e.http.wire import Wire, request
from tests.e2e.serving_process import ServingProcess


def _watched(server: ServingProcess) -> Iterator[ServingProcess]:
    """Nothing that clients or models do may harm the server itself."""
    with server:
        yield server
        with Wire(server.port) as wire:
            assert wire.ask(request("GET /health")).status == 200
        complaints = [line for line in server.log if "in the background" in line or "the server failed" in line]
        assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="session")
def general(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    """The general package under the default limits; slow methods in threads."""
    package = packages.general(tmp_path_factory.mktemp("general") / "package")
    yield from _watched(ServingProcess(package, "--placement", "thread", "--threads", "4"))


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    """The general package with little patience: half a second for everything that a client does."""
    package = packages.general(tmp_path_factory.mktemp("impatient") / "package")
    times = [f"--{name}=0.5" for name in ("head-timeout", "body-timeout", "request-timeout", "send-timeout")]
    arguments = [*times, "--keep-alive", "1.5", "--placement", "thread", "--threads", "4"]
    yield from _watched(ServingProcess(package, *arguments))


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    """The general package with small limits."""
    package = packages.general(tmp_path_factory.mktemp("narrow") / "package")
    limits = ["--max-body", "100000", "--max-line", "1000", "--max-head", "4000", "--max-headers", "20"]
    yield from _watched(ServingProcess(package, *limits))


@pytest.fixture(scope="session")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    package = packages.batches(tmp_path_factory.mktemp("batches") / "package")
    yield from _watched(ServingProcess(package))


@pytest.fixture(scope="session")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    package = packages.streams(tmp_path_factory.mktemp("streams") / "package")
    yield from _watched(ServingProcess(package, "--placement", "thread"))


@pytest.fixture
def wire(general: ServingProcess) -> Iterator[Wire]:
    """A fresh connection to the general server."""
    with Wire(general.port) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    yield
    for connection in list(Wire.left_open):
        connection.close()
