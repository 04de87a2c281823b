"""Registries with certificates: trusted ones, and what is said of others."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from tests.e2e.images.faulty_registry import FaultyRegistry
from tests.e2e.images.image_samples import random_image
from tests.e2e.images.real_registry import needed

from hitless.errors import UnavailableError
from hitless.images.credentials import nobody
from hitless.images.registry.source import RegistrySource
from hitless.images.registry.transport import Access
from hitless.images.registry.trust import trusted

ACCESS = Access(plain_http=False, logins=nobody)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """For 127.0.0.1, signed by itself; the key is beside it."""
    needed("openssl")
    file = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", str(tmp_path / "key.pem"), "-out", str(file), "-days", "2", "-subj", "/CN=127.0.0.1",
               "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return file


def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def test_a_certificate_that_nobody_trusts(certificate: Path) -> None:
    with (
        FaultyRegistry(tls=served(certificate)) as registry,
        RegistrySource(registry.reference("team/app:v1"), ACCESS) as source,
        pytest.raises(UnavailableError, match=rf"not trusted: self[- ]signed[\s\S]*certs\.d/{registry.host}/ca\.crt"),
    ):
        source.root()


def test_an_authority_that_is_named(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    image = random_image(10)
    with FaultyRegistry(tls=served(certificate)) as registry:
        registry.manifests["team/app", "v1"] = image.manifest.media_type, image.manifest.data
        with RegistrySource(registry.reference("team/app:v1"), ACCESS) as source:
            assert source.root() == image.manifest


def test_an_authority_that_docker_trusts_for_this_registry(certificate: Path, tmp_path: Path) -> None:
    for host, count in (("registry.example:5000", 1), ("registry.example", 0)):
        folder = tmp_path / host
        folder.mkdir()
        if count:
            (folder / "ca.crt").write_bytes(certificate.read_bytes())
        ours = [entry for entry in trusted(host, (tmp_path,)).get_ca_certs() if "127.0.0.1" in str(entry["subject"])]
        assert len(ours) == count
