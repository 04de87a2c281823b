"""Where a registry answers, and which addresses may be asked without TLS. Pure."""

from __future__ import annotations

import ipaddress

import httpx

from hitless.errors import UnavailableError
from hitless.images.reference import DOCKER_HUB

_HUB_API = "registry-1.docker.io"


def base_url(host: str, plain_http: bool | None = None) -> httpx.URL:
    """`https://host/`; http for an address of the loopback, or for any (True) or none (False)."""
    plain = is_loopback(host) if plain_http is None else plain_http
    return httpx.URL(f"{'http' if plain else 'https'}://{_HUB_API if host == DOCKER_HUB else host}/")


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine by its very name."""
    name = host.partition("]")[0][1:] if host.startswith("[") else host.rpartition(":")[0] or host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def resolved(base: httpx.URL, location: str, what: str) -> httpx.URL:
    """Where a Location header points, from where it was sent. UnavailableError: it is no address, or leaves TLS."""
    try:
        url = base.join(location)
    except (httpx.InvalidURL, ValueError):
        raise UnavailableError(f"{what} points at {location[:200]!r}, which is no address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise UnavailableError(f"{what} points at {str(url)[:200]!r}, which is no address of the web")
    if base.scheme == "https" and url.scheme == "http":
        raise UnavailableError(f"{what} points from https at http://{url.host}: it is not followed")
    return url


def resolved_realm(base: httpx.URL, realm: str, what: str) -> httpx.URL:
    """Where tokens are given: passwords go there, so without TLS only to the registry's host or this machine."""
    url = resolved(base, realm, what)
    if url.scheme == "http" and url.host != base.host and not is_loopback(url.netloc.decode()):
        raise UnavailableError(f"{what} would send a password to http://{url.host} without TLS")
    return url


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether what is meant for one may be told to the other."""
    return _origin(one) == _origin(other)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def with_query(location: httpx.URL, query: str) -> httpx.URL:
    """With more behind the query that is there, which is left exactly as the registry wrote it."""
    text = str(location.copy_with(fragment=None))
    return httpx.URL(f"{text}{'&' if '?' in text else '?'}{query}")
