"""Command lines of engines, and what is read from their answers."""

from __future__ import annotations

import pytest

from hitless.engines.commands import DIALECTS, LABEL, address_in, failure, identity_in, run_arguments
from hitless.engines.running import Address, Start

ALWAYS = ["run", "--detach", "--pull", "never", "--name", "a", "--label", LABEL]


@pytest.mark.parametrize(
    ("start", "engine", "expected"),
    [
        pytest.param(Start("app"), "docker", ["--publish", "127.0.0.1::8080", "app"], id="as-it-is"),
        pytest.param(Start("app", port=0), "podman", ["app"], id="no-port"),
        pytest.param(Start("app", port=0, user="1000:100"), "docker", ["--user", "1000:100", "app"], id="user"),
        pytest.param(Start("app", port=0, environment={"B": "2", "A": "x y"}), "podman",
                     ["--env", "A=x y", "--env", "B=2", "app"], id="environment"),
        pytest.param(Start("app", port=0, read_only=True, writable=("/tmp", "/run")), "docker",
                     ["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run", "app"], id="read-only-docker"),
        pytest.param(Start("app", port=0, read_only=True), "podman",
                     ["--read-only", "--read-only-tmpfs=false", "app"], id="read-only-podman"),
        pytest.param(Start("app", port=0, command=("sh", "-c", "exit 3")), "podman",
                     ["--entrypoint", "sh", "app", "-c", "exit 3"], id="command"),
    ],
)  # fmt: skip
def test_how_a_container_is_started(start: Start, engine: str, expected: list[str]) -> None:
    assert run_arguments(start, "a", DIALECTS[engine]) == [*ALWAYS, *expected]


@pytest.mark.parametrize(
    ("answer", "address", "url"),
    [
        pytest.param("127.0.0.1:32768\n", Address("127.0.0.1", 32768), "http://127.0.0.1:32768", id="loopback"),
        pytest.param("0.0.0.0:80\n[::]:81\n", Address("127.0.0.1", 80), "http://127.0.0.1:80", id="everywhere"),
        pytest.param("[::1]:81\n", Address("::1", 81), "http://[::1]:81", id="version-6"),
        pytest.param("", None, "", id="nothing"),
        pytest.param("no public port\n", None, "", id="words"),
    ],
)
def test_addresses(answer: str, address: Address | None, url: str) -> None:
    found = address_in(answer)
    assert found == address
    assert (found.url if found is not None else "") == url


@pytest.mark.parametrize(
    ("answer", "identity"),
    [("sha256:12ab\n", "sha256:12ab"), ("12ab\n", "sha256:12ab"), ("\n", "")],
    ids=["docker", "podman", "nothing"],
)
def test_identities(answer: str, identity: str) -> None:
    assert identity_in(answer) == identity


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param("Error: x\n  y", "podman run failed: Error: x y", id="one-line"),
        pytest.param("", "podman run failed: it did not say why", id="nothing"),
        pytest.param("OCI: error setting rlimits: setrlimit RLIMIT_NOFILE: operation not permitted",
                     "\n    Lower [containers] default_ulimits", id="limits"),
        pytest.param("crun: cgroups in hybrid mode not supported", '\n    Set [engine] runtime = "runc"', id="cgroups"),
        pytest.param("Cannot connect to the Docker daemon at unix://x", "\n    Start it, or use podman", id="daemon"),
    ],
)  # fmt: skip
def test_failures_say_what_helps(said: str, words: str) -> None:
    assert words in str(failure("podman run failed", said))
