"""Who we are at a registry: logins that docker and podman have kept, in their files or with their helper programs.

Only looked up here, never written. Files, in order: docker's config.json ($DOCKER_CONFIG, ~/.docker), then podman's:
$REGISTRY_AUTH_FILE, containers/auth.json in $XDG_RUNTIME_DIR and $XDG_CONFIG_HOME.
In each: credHelpers, credsStore, auths.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hitless.images.faults import ImageError
from hitless.images.reference import DOCKER_HUB

_HUB_KEY = "https://index.docker.io/v1/"  # what docker calls its own registry in files and for helpers
_HUB_HOSTS = ("index.docker.io", DOCKER_HUB, "registry-1.docker.io")
_MOST_BYTES = 1 << 20  # of a file, and of what a helper says
_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_HELPER_TIMEOUT_S = 60.0
_TOKEN_USER = "<token>"  # noqa: S105 - what a helper calls the user of an identity token


@dataclass(frozen=True)
class Login:
    """A user with a password, or a token: `identity_token` buys others, `registry_token` is sent as it is."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Lookup:
    """What was found; `notes` tells of helpers that could not be asked, for the case that nobody lets us in."""

    login: Login | None = None
    notes: tuple[str, ...] = ()


Logins = Callable[[str, str], Lookup]  # (host, repository) → the login for it


def find_login(host: str, repository: str = "", environ: Mapping[str, str] | None = None) -> Lookup:
    """The first login for a registry that docker or podman have kept. ImageError for a file that cannot be read."""
    environ = os.environ if environ is None else environ
    notes: list[str] = []
    for file in login_files(environ):
        kept = _read(file)
        login = None if kept is None else _of_file(kept, file, host, repository, environ, notes)
        if login is not None:
            return Lookup(login, tuple(notes))
    return Lookup(None, tuple(notes))


def nobody(_host: str, _repository: str) -> Lookup:
    """For those who want to be nobody."""
    return Lookup()


def login_files(environ: Mapping[str, str]) -> list[Path]:
    """Where logins may be, in order."""
    home = environ.get("HOME", "")
    docker = environ.get("DOCKER_CONFIG") or (f"{home}/.docker" if home else "")
    config = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    files = [Path(docker, "config.json")] if docker else []
    if environ.get("REGISTRY_AUTH_FILE"):
        files.append(Path(environ["REGISTRY_AUTH_FILE"]))
    files.append(Path(runtime, "containers", "auth.json"))
    return [*files, Path(config, "containers", "auth.json")] if config else files


class _Auth(msgspec.Struct):
    auth: str = ""
    username: str = ""
    password: str = ""
    identitytoken: str = ""
    registrytoken: str = ""


class _File(msgspec.Struct):
    auths: dict[str, _Auth | None] | None = None
    credHelpers: dict[str, str] | None = None  # noqa: N815 - the file's own name
    credsStore: str = ""  # noqa: N815


class _Said(msgspec.Struct):
    """What a helper says to `get`."""

    Username: str = ""
    Secret: str = ""


def _read(file: Path) -> _File | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError:
        return None  # not there, or not ours to read: then nobody has logged in with it
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES:,} bytes")
        return msgspec.json.decode(data or b"{}", type=_File)
    except ValueError as error:  # msgspec's are
        raise _wrong(file, str(error)) from None


def _of_file(
    kept: _File, file: Path, host: str, repository: str, environ: Mapping[str, str], notes: list[str]
) -> Login | None:
    server = _HUB_KEY if host == DOCKER_HUB else host
    for helper in _helpers(kept, host):
        login = _ask_helper(helper, server, environ, notes)
        if login is not None:
            return login
    return _of_auths(kept.auths or {}, file, host, repository)


def _helpers(kept: _File, host: str) -> Iterator[str]:
    by_host = kept.credHelpers or {}
    for name in _host_names(host):
        if by_host.get(name):
            yield by_host[name]
            return
    if kept.credsStore:
        yield kept.credsStore


def _host_names(host: str) -> tuple[str, ...]:
    return (_HUB_KEY, *_HUB_HOSTS) if host == DOCKER_HUB else (host,)


def _ask_helper(name: str, server: str, environ: Mapping[str, str], notes: list[str]) -> Login | None:
    program = f"docker-credential-{name}"
    if not _HELPER_NAME.fullmatch(name):
        notes.append(f"the credential helper {name[:80]!r} was not asked: that is no name of a program")
        return None
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=_HELPER_TIMEOUT_S, env=dict(environ),
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        notes.append(f"{program} could not be asked: {getattr(error, 'strerror', None) or 'it does not answer'}")
        return None
    if done.returncode != 0:
        if b"credentials not found" not in done.stdout + done.stderr:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            notes.append(f"{program} failed: {said[:200] or f'exit code {done.returncode}'}")
        return None
    try:
        said_login = msgspec.json.decode(done.stdout[:_MOST_BYTES], type=_Said)
    except ValueError:
        notes.append(f"{program} gave no JSON")
        return None
    if said_login.Username == _TOKEN_USER:
        return Login(identity_token=said_login.Secret)
    return Login(said_login.Username, said_login.Secret) if said_login.Username else None


def _of_auths(auths: Mapping[str, _Auth | None], file: Path, host: str, repository: str) -> Login | None:
    """The entry for the repository, else for the longest folder above it (podman's), else for the host."""
    plain = {_plain(key): entry for key, entry in auths.items() if entry is not None}
    exact = {key: entry for key, entry in auths.items() if entry is not None}
    for name in _names(host, repository):
        entry = exact.get(name) or plain.get(name)
        login = None if entry is None else _login(entry, file, name)
        if login is not None:
            return login
    return None


def _names(host: str, repository: str) -> Iterator[str]:
    parts = repository.split("/") if repository else []
    for count in range(len(parts), 0, -1):
        yield "/".join([host, *parts[:count]])
    yield from _host_names(host)


def _plain(key: str) -> str:
    """`https://host/v2/` → `host`: old versions of docker wrote addresses; a path that is none stays."""
    if "://" not in key:
        return key.rstrip("/")
    rest = key.partition("://")[2]
    host, _, path = rest.partition("/")
    return host if path.strip("/") in ("", "v1", "v2") else rest.rstrip("/")


def _login(entry: _Auth, file: Path, name: str) -> Login | None:
    username, password = entry.username, entry.password
    if entry.auth:
        try:
            text = base64.b64decode(entry.auth, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _wrong(file, f"the `auth` of {name} is not in base64") from None
        username, colon, password = text.partition(":")
        if not colon:
            raise _wrong(file, f"the `auth` of {name} is not `user:password` in base64")
        password = password.rstrip("\0")  # as docker does
    login = Login(username, password, entry.identitytoken, entry.registrytoken)
    return login if login != Login(username) else None


def _wrong(file: Path, reason: str) -> ImageError:
    return ImageError("REG-4", f"the logins cannot be read: {reason}", "Mend the file, or log in anew.", file=str(file))
