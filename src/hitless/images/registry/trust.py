"""Whose certificates are trusted: the system's authorities, and those that docker and podman trust for one host."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

FOLDERS = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))


def trusted(host: str, folders: tuple[Path, ...] = FOLDERS) -> ssl.SSLContext:
    """For connections to `host[:port]`. $SSL_CERT_FILE and $SSL_CERT_DIR name other authorities."""
    context = ssl.create_default_context() if _system_has_some() else httpx.create_ssl_context()
    for folder in folders:
        for file in sorted((folder / host).glob("*.crt")):
            context.load_verify_locations(file)
    return context


def _system_has_some() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))
