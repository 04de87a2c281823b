"""The TLS context of a contract whose protocol is https: the given certificate, or a self-signed one made at start."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from hitless.errors import InputError, Problem, UnavailableError


def context(cert: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer. InputError for files that do not fit, UnavailableError where no certificate can be made."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(["http/1.1"])
    if cert:
        try:
            tls.load_cert_chain(cert, key, password=_no_password)
        except (OSError, ValueError) as error:
            remedy = "Give a PEM certificate (chain) and its PEM key that the server may read."
            raise InputError([Problem("TLS-1", f"{cert} with {key}: {error}", remedy)]) from None
        return tls
    with tempfile.TemporaryDirectory(prefix="hitless-") as folder:
        tls.load_cert_chain(*_self_signed(Path(folder)))
    return tls


def _no_password() -> str:
    raise ValueError("the key is encrypted; a server cannot be asked for its password")


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for a year, by the openssl program. The platform does not check who signed (MA-20)."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise UnavailableError(
            "The contract's protocol is https, there is no certificate, and no openssl to make one.\n"
            "    Give --tls-cert and --tls-key, or install openssl."
        )
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "365", "-subj", "/CN=hitless", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
               "-keyout", str(key), "-out", str(cert)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise UnavailableError(f"openssl could not make a certificate: {done.stderr.strip()[-300:]}")
    return cert, key
