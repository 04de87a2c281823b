"""Logins as docker and podman keep them: which file, which entry, which helper."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from hitless.images.credentials import Login, Lookup, find_login
from hitless.images.faults import ImageError

HUB = "https://index.docker.io/v1/"


def packed(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def written(file: Path, content: dict[str, Any] | str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def environ_of(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run"), "PATH": str(folder / "bin")}


def found(folder: Path, auths: dict[str, Any], host: str, repository: str = "team/app") -> Login | None:
    written(folder / "home" / ".docker" / "config.json", {"auths": auths})
    return find_login(host, repository, environ_of(folder)).login


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("registry.example", "registry.example"),
        ("registry.example:5000", "registry.example:5000"),
        ("https://registry.example", "registry.example"),
        ("https://registry.example/", "registry.example"),
        ("https://registry.example/v1/", "registry.example"),
        ("http://registry.example/v2/", "registry.example"),
        ("registry.example/team", "registry.example"),
        ("registry.example/team/app", "registry.example"),
        (HUB, "docker.io"),
        ("index.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
    ],
)
def test_keys_that_fit(tmp_path: Path, key: str, host: str) -> None:
    assert found(tmp_path, {"other.example": packed("x:y"), key: packed("ada:p:w")}, host) == Login("ada", "p:w")


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("registry.example:5000", "registry.example"),
        ("registry.example", "registry.example:5000"),
        ("registry.example/other", "registry.example"),
        ("registry.example/te", "registry.example"),
        ("my.registry.example", "registry.example"),
        (HUB, "registry.example"),
    ],
)
def test_keys_that_do_not(tmp_path: Path, key: str, host: str) -> None:
    assert found(tmp_path, {key: packed("ada:pw")}, host) is None


def test_the_longest_key_counts(tmp_path: Path) -> None:
    auths = {
        "r.example": packed("host:x"),
        "r.example/team": packed("team:x"),
        "r.example/team/app": packed("app:x"),
    }
    assert found(tmp_path, auths, "r.example", "team/app/web") == Login("app", "x")
    assert found(tmp_path, auths, "r.example", "team/web") == Login("team", "x")
    assert found(tmp_path, auths, "r.example", "web") == Login("host", "x")


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        pytest.param(packed("ada:pw\0\0"), Login("ada", "pw"), id="zeros behind it"),
        pytest.param({"username": "ada", "password": "pw"}, Login("ada", "pw"), id="in plain words"),
        pytest.param({**packed("ada:"), "identitytoken": "t"}, Login("ada", "", "t"), id="an identity token"),
        pytest.param({"registrytoken": "t"}, Login("", "", "", "t"), id="a registry token"),
        pytest.param({}, None, id="an empty entry"),
        pytest.param({"email": "ada@there"}, None, id="keys that we do not know"),
        pytest.param(None, None, id="null"),
    ],
)
def test_kinds_of_entries(tmp_path: Path, entry: dict[str, str] | None, login: Login | None) -> None:
    assert found(tmp_path, {"r.example": entry}, "r.example") == login


def test_the_order_of_the_files(tmp_path: Path) -> None:
    environ = {
        **environ_of(tmp_path),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    files = [
        tmp_path / "docker" / "config.json",
        tmp_path / "auth.json",
        tmp_path / "run" / "containers" / "auth.json",
        tmp_path / "config" / "containers" / "auth.json",
    ]
    written(tmp_path / "home" / ".docker" / "config.json", {"auths": {"r.example": packed("never:x")}})
    for number, file in reversed(list(enumerate(files))):
        written(file, {"auths": {"r.example": packed(f"file{number}:x")}})
        assert find_login("r.example", "", environ).login == Login(f"file{number}", "x")
    written(files[0], {"auths": {"other.example": packed("x:y")}})
    assert find_login("r.example", "", environ).login == Login("file1", "x")  # a file without it is passed over


def test_without_any_file_nobody_is_found(tmp_path: Path) -> None:
    assert find_login("r.example", "", environ_of(tmp_path)) == Lookup()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("{", "truncated", id="cut off"),
        pytest.param("[]", "Expected `object`", id="a list"),
        pytest.param({"auths": {"r.example": {"auth": "%"}}}, "r.example is not in base64", id="no base64"),
        pytest.param({"auths": {"r.example": packed("ada")}}, "is not `user:password`", id="no colon"),
        pytest.param(" " * (1 << 20) + "{}", "more than 1,048,576 bytes", id="huge"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: dict[str, Any] | str, reason: str) -> None:
    file = tmp_path / "home" / ".docker" / "config.json"
    written(file, content)
    with pytest.raises(ImageError, match=reason) as caught:
        find_login("r.example", "", environ_of(tmp_path))
    assert caught.value.problems[0].file == str(file)


def test_a_helper_that_is_not_there_is_noted(tmp_path: Path) -> None:
    written(
        tmp_path / "home" / ".docker" / "config.json", {"credsStore": "desktop", "auths": {"r.example": packed("a:b")}}
    )
    lookup = find_login("r.example", "", environ_of(tmp_path))
    assert lookup.login == Login("a", "b")
    assert lookup.notes == ("docker-credential-desktop could not be asked: No such file or directory",)


def test_a_helper_named_like_a_path_is_not_started(tmp_path: Path) -> None:
    written(tmp_path / "home" / ".docker" / "config.json", {"credHelpers": {"r.example": "../../evil"}})
    lookup = find_login("r.example", "", environ_of(tmp_path))
    assert lookup.login is None
    assert "no name of a program" in lookup.notes[0]


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Login("ada", "secret", "secret", "secret"))
