"""What docker and podman are told about what is not trusted, and what is read from their answers."""

from __future__ import annotations

import pytest

from hitless.engines.commands import CAPABILITIES, DIALECTS, bytes_in, run_arguments, unheeded, written_in
from hitless.engines.running import Confinement, Start

CONFINED = Start("app", confinement=Confinement(1 << 20, 9, "a.b.c.1.2"))
ADDED = [word for name in CAPABILITIES for word in ("--cap-add", name)]


def words(start: Start, network: str = "", image_user: str = "") -> list[str]:
    return run_arguments(start, "name", DIALECTS["docker"], network, image_user)


def test_what_is_confined() -> None:
    arguments = " ".join(words(CONFINED, "its-own"))
    assert "--network its-own" in arguments
    assert "--publish" not in arguments
    for part in (
        "--label org.hitless.run=a.b.c.1.2", "--cap-drop ALL --cap-add CHOWN", "--security-opt no-new-privileges",
        "--memory 1048576", "--pids-limit 9", "--no-healthcheck",
    ):  # fmt: skip
        assert part in arguments


def test_without_a_network_of_its_own_its_port_is_published() -> None:
    arguments = " ".join(words(CONFINED))
    assert "--publish 127.0.0.1::8080" in arguments
    assert "--network" not in arguments


@pytest.mark.parametrize(
    ("user", "image_user", "expected"),
    [
        pytest.param("", "", ADDED, id="nobody-says"),
        pytest.param("", "root:root", ADDED, id="image-root"),
        pytest.param("0:0", "1000", ADDED, id="told-root"),
        pytest.param("", "1000:100", [], id="image-user"),
        pytest.param("1000:100", "", [], id="told-user"),
        pytest.param("", "app", [], id="named-user"),
    ],
)
def test_only_root_has_capabilities(user: str, image_user: str, expected: list[str]) -> None:
    start = Start("app", user=user, confinement=Confinement())
    arguments = words(start, "its-own", image_user)
    at = arguments.index("--cap-drop") + 2
    assert arguments[at : arguments.index("--security-opt")] == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("C /tmp\nA /tmp/hello\n", ("/tmp/hello",), id="folder-of-it"),
        pytest.param("A /var/d\nA /var/d/e\n", ("/var/d/e",), id="empty-folder"),
        pytest.param("C /etc\nD /etc/motd\n", (), id="deleted"),
        pytest.param("C /etc/passwd\nA /a b\n", ("/a b", "/etc/passwd"), id="changed"),
        pytest.param("C /etc\nA /etc/mtab\nA /run/.containerenv\nC /run\n", (), id="the-engine's"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_what_was_written(answer: str, expected: tuple[str, ...]) -> None:
    assert written_in(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("9.159MB / 536.9MB", 9_159_000),
        ("8.5MiB / 512MiB", 8_912_896),
        ("640KiB / 1GiB", 655_360),
        ("1.25GB / 2GB", 1_250_000_000),
        ("12B / 1GB", 12),
        ("-- / --", None),
        ("", None),
    ],
)
def test_amounts(answer: str, expected: int | None) -> None:
    assert bytes_in(answer) == expected


def test_what_an_engine_did_not_heed() -> None:
    said = "Resource limits are not supported and ignored on cgroups V1 rootless systems\nWARNING: Localhost DNS\n"
    assert unheeded(said) == ("Resource limits are not supported and ignored on cgroups V1 rootless systems",)
