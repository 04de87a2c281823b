"""TLS contexts: real handshakes in memory, with the self-signed certificate and with a given one; wrong files."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest

from hitless.errors import InputError, UnavailableError
from hitless.serving import tls

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program to make a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program to make a certificate")
    return tls._self_signed(tmp_path_factory.mktemp("certificate"))


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> tuple[ssl.SSLObject, bytes]:
    """Both sides over memory; the client's side afterwards, and what the server has read."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    pending = {ours, theirs}
    for turn in range(20):
        side = (ours, theirs)[turn % 2]
        if side in pending:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.discard(side)
    assert not pending
    theirs.write(b"hello")
    return theirs, ours.read()


def trusting(certificate: Path | None) -> ssl.SSLContext:
    client = ssl.create_default_context()
    if certificate is not None:
        client.load_verify_locations(certificate)
    else:
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_alpn_protocols(["h2", "http/1.1"])
    return client


@needs_openssl
def test_a_self_signed_certificate_is_made_where_none_is_given() -> None:
    side, heard = shake_hands(tls.context("", ""), trusting(None))
    assert heard == b"hello"
    assert side.version() in ("TLSv1.2", "TLSv1.3")
    assert side.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_given_certificate(certificate: tuple[Path, Path], name: str) -> None:
    cert, key = certificate
    _, heard = shake_hands(tls.context(str(cert), str(key)), trusting(cert), name)
    assert heard == b"hello"


def test_old_versions_are_refused(certificate: tuple[Path, Path]) -> None:
    assert tls.context(*map(str, certificate)).minimum_version is ssl.TLSVersion.TLSv1_2


def test_each_start_makes_another_key(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    assert tls._self_signed(tmp_path)[1].read_bytes() != certificate[1].read_bytes()


@pytest.mark.parametrize(
    ("cert", "key"),
    [
        pytest.param("missing.pem", "missing.pem", id="missing"),
        pytest.param("key.pem", "cert.pem", id="swapped"),
        pytest.param("cert.pem", "cert.pem", id="key-is-no-key"),
        pytest.param("cert.pem", "other.pem", id="key-of-another"),
        pytest.param("text.pem", "text.pem", id="no-pem"),
        pytest.param(".", ".", id="folder"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, certificate: tuple[Path, Path], cert: str, key: str) -> None:
    for file in certificate:
        shutil.copy(file, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(tls._self_signed(other)[1], tmp_path / "other.pem")
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(InputError) as caught:
        tls.context(str(tmp_path / cert), str(tmp_path / key))
    [problem] = caught.value.problems
    assert problem.id == "TLS-1"
    assert problem.message.startswith(f"{tmp_path / cert} with {tmp_path / key}: ")


def test_without_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnavailableError, match="Give --tls-cert and --tls-key, or install openssl"):
        tls.context("", "")
