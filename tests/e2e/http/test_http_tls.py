"""https: when the contract says so, with a certificate of its own or a given one; the same HTTP as without."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import exit_code
from tests.e2e.http.wire import PATIENCE_S, Wire, chunked, post_json, request
from tests.e2e.serving_process import ServingProcess, write_package

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")

HELLO = request("GET /hello")
WORLD = {"hello": "world"}


def trusting() -> ssl.SSLContext:
    """A client that takes any certificate, as curl -k."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = {**packages.GENERAL_CONFIG, "protocol": "https"}
    return write_package(tmp_path_factory.mktemp("tls") / "package", config, packages.GENERAL)


@pytest.fixture(scope="module")
def server(package: Path) -> Iterator[ServingProcess]:
    with ServingProcess(package, "--placement", "thread", "--head-timeout", "2") as process:
        yield process


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True, timeout=60)
    return cert, key


def test_the_same_http_as_without(server: ServingProcess) -> None:
    with Wire(server.port, tls=trusting()) as wire:
        assert isinstance(wire.socket, ssl.SSLSocket)
        assert wire.socket.selected_alpn_protocol() == "http/1.1"
        assert wire.ask(HELLO).json() == WORLD
        assert wire.ask(request("GET /health")).json() == {"health": "true"}
        assert wire.ask(request("GET /nowhere")).status == 404
        assert wire.ask(request("POST /raw", body=bytes(3_000_000))).json()["length"] == 3_000_000
        wire.send(request("POST /raw", "Transfer-Encoding: chunked") + chunked(b"ab", b"c") + HELLO * 20)
        assert wire.reply().json()["length"] == 3
        assert [wire.reply().json() for _ in range(20)] == [WORLD] * 20
        assert len(wire.ask(post_json("/large", {"size": 5_000_000})).body) == 5_000_000
        wire.send(request("POST /raw", "Expect: 100-continue", "Content-Length: 3"))
        assert wire.reply().status == 100
        assert wire.send(b"abc").reply().json()["length"] == 3


@pytest.mark.parametrize("line", ["GET /hello HTTP/1.0", "GET /hello"], ids=["1.0", "close"])
def test_the_end_is_a_proper_end(server: ServingProcess, line: str) -> None:
    """close_notify comes before the end of the connection, so that a client can tell it from a cut."""
    with Wire(server.port, tls=trusting()) as wire:
        assert not wire.ask(request(line, "Connection: close")).kept_alive
        assert wire.at_end()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(request("POST /raw", "Content-Length: 30000000"), id="413"),
        pytest.param(request("POST /nowhere", "Content-Length: 30000000"), id="404"),
    ],
)
def test_a_client_reads_the_refusal_after_sending_all(server: ServingProcess, head: bytes) -> None:
    with Wire(server.port, tls=trusting()) as wire:
        wire.send(head)
        wire.send(bytes(30_000_000))
        assert wire.reply().status in (404, 413)


def test_what_is_no_tls_is_cut_and_harms_nobody(server: ServingProcess) -> None:
    for sent in (HELLO, b"\x16\x03\x01\x00\x02\x01\x00", b"\0" * 100, b""):
        with Wire(server.port) as wire:
            wire.send(sent)
            if not sent:
                wire.end_sending()
            with contextlib.suppress(ConnectionResetError):
                assert b"HTTP" not in wire.rest()
    with Wire(server.port, tls=trusting()) as wire:
        assert wire.ask(HELLO).json() == WORLD


def test_a_handshake_that_never_ends_is_given_up(server: ServingProcess) -> None:
    with Wire(server.port) as silent, contextlib.suppress(ConnectionResetError):
        assert silent.at_end()  # after the time for a head, 2 s here


def test_old_versions_are_refused(server: ServingProcess) -> None:
    old = trusting()
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    with Wire(server.port, tls=old) as wire:
        assert wire.ask(HELLO).json() == WORLD
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        input="", capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode != 0


def test_a_given_certificate(package: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    with ServingProcess(package, "--tls-cert", str(cert), "--tls-key", str(key), "--workers", "2") as server:
        strict = ssl.create_default_context(cafile=str(cert))
        for _ in range(8):
            with Wire(server.port, tls=strict) as wire:
                assert wire.ask(HELLO).json() == WORLD


@pytest.mark.parametrize(
    ("cert", "key", "said"),
    [
        pytest.param("missing.pem", "key.pem", "missing.pem", id="no-certificate"),
        pytest.param("cert.pem", "missing.pem", "missing.pem", id="no-key"),
        pytest.param("key.pem", "cert.pem", "TLS-1", id="the-wrong-way-round"),
        pytest.param("noise.pem", "key.pem", "noise.pem", id="no-pem"),
        pytest.param("cert.pem", "other.pem", "TLS-1", id="another-certificates-key"),
    ],
)
def test_wrong_files(
    package: Path, certificate: tuple[Path, Path], tmp_path: Path, cert: str, key: str, said: str
) -> None:
    for file in certificate:
        shutil.copy(file, tmp_path)
    (tmp_path / "noise.pem").write_text("noise")
    other = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out"
    subprocess.run([*other.split(), str(tmp_path / "other.pem")], check=True, capture_output=True, timeout=60)
    arguments = ["--tls-cert", str(tmp_path / cert), "--tls-key", str(tmp_path / key)]
    process = ServingProcess(package, *arguments).start(ready=False)
    code = exit_code(process)
    process.kill()
    text = "\n".join(process.log)
    assert (code, "Traceback" in text) == (2, False)
    assert said in text


def test_stopping_finishes_what_was_received(package: Path) -> None:
    with ServingProcess(package, "--placement", "thread") as server:
        slow, idle = Wire(server.port, tls=trusting()), Wire(server.port, tls=trusting())
        assert idle.ask(HELLO).json() == WORLD
        slow.send(post_json("/sleep", {"seconds": 1.0}))
        server.wait_for_entry(lambda entry: entry["message"] == "sleeping for 1.0")
        server.signal(signal.SIGTERM)
        reply = slow.reply()
        assert (reply.json(), reply.kept_alive) == ({"slept": 1.0}, False)
        assert slow.at_end()
        assert idle.at_end()
        assert exit_code(server) == 0


def test_a_handshake_under_way_is_finished_in_the_drain(package: Path) -> None:
    """The connection was received; so is what it is about to ask."""
    with ServingProcess(package, "--placement", "thread", "--deadline", "30") as server:
        raw = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
        with Wire(server.port, tls=trusting()) as other:
            assert other.ask(HELLO).json() == WORLD
        answers: list[bytes] = []
        server.signal(signal.SIGTERM)
        server.wait_for_entry(lambda entry: "draining" in entry["message"])

        def ask() -> None:
            with contextlib.suppress(OSError), trusting().wrap_socket(raw, server_hostname="localhost") as wrapped:
                wrapped.sendall(HELLO)
                answers.append(wrapped.recv(65536))

        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(PATIENCE_S)
        raw.close()
        assert answers, "the handshake was cut"
        assert json.loads(answers[0].partition(b"\r\n\r\n")[2]) == WORLD
        assert exit_code(server) == 0
