"""What a container engine is to do, as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hitless.building.base import BaseFacts
from hitless.building.dockerfile import compiling, extending, installing, lacking
from hitless.building.system_packages import SystemPackage
from hitless.building.target import Target
from hitless.errors import InputError
from hitless.images.manifest import Platform

TARGET = Target(Platform("amd64", "linux"), (3, 11), "glibc", (2, 36))
APT = (
    "export DEBIAN_FRONTEND=noninteractive; apt-get update && apt-get install --yes --no-install-recommends {}"
    " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log"
)


def facts(*tools: str) -> BaseFacts:
    return BaseFacts(TARGET, "/usr/bin/python3", tools={tool: f"/usr/bin/{tool}" for tool in tools})


@pytest.mark.parametrize(
    ("tools", "packages", "command"),
    [
        pytest.param(("sh", "apt-get"), ("libgomp1",), APT.format("libgomp1"), id="debian"),
        pytest.param(("apt-get",), ("libgomp1=12.2.0-14", "g++"), APT.format("libgomp1=12.2.0-14 g++"), id="pinned"),
        pytest.param(("sh", "apk"), ("libgomp", "so:libc.musl>=1"), "apk add --no-cache libgomp 'so:libc.musl>=1'",
                     id="alpine"),
    ],
)  # fmt: skip
def test_how_packages_are_installed(tools: tuple[str, ...], packages: tuple[str, ...], command: str) -> None:
    assert installing(facts(*tools), packages, "the base") == command


@pytest.mark.parametrize(
    ("tools", "packages", "problems"),
    [
        pytest.param(("sh",), ("a",), [("BUILD-8", "the base has none of apt-get, apk")], id="nothing-to-install-with"),
        pytest.param(("apk",), ("a; rm -rf /",), [("BUILD-9", "'a; rm -rf /' is no package")], id="a-command"),
        pytest.param(("apk",), ("--root=/x",), [("BUILD-9", "'--root=/x' is no package")], id="an-option"),
        pytest.param(("apk",), ("a\nRUN b",), [("BUILD-9", "'a\\nRUN b' is no package")], id="a-line-of-its-own"),
        pytest.param(
            (), ("", "b", "c d"), [("BUILD-9", "''"), ("BUILD-9", "'c d'"), ("BUILD-8", "the base")], id="all"
        ),
    ],
)
def test_mistakes(tools: tuple[str, ...], packages: tuple[str, ...], problems: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError) as refused:
        installing(facts(*tools), packages, "the base")
    found = refused.value.problems
    assert [problem.id for problem in found] == [identifier for identifier, _ in problems]
    assert all(words in problem.message for problem, (_, words) in zip(found, problems, strict=True))
    assert {(problem.file, problem.path) for problem in found} == {("hitless.toml", "build.system-packages")}


def test_how_wheels_are_made() -> None:
    assert compiling(facts("sh"), ["docopt==0.6.2", "a>=1; python_version > '3'"]) == (
        "/usr/bin/python3 -m pip wheel --no-deps --no-cache-dir --wheel-dir /opt/hitless-wheels docopt==0.6.2 "
        """'a>=1; python_version > '"'"'3'"'"''"""
    )


@pytest.mark.parametrize(("user", "last"), [("", []), ("1000:100", ["USER 1000:100"])], ids=["root", "user"])
def test_the_file(user: str, last: list[str]) -> None:
    assert extending("base:1", ["apk add a", "pip wheel b"], user).splitlines() == [
        "FROM base:1", "USER root", "RUN apk add a", "RUN pip wheel b", *last,
    ]  # fmt: skip


SYSTEM = (SystemPackage("libgomp1", "12.2.0-14", "amd64", "deb"), SystemPackage("dash", "0.5", "amd64", "deb"))


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        pytest.param((), (), id="nothing-asked-for"),
        pytest.param(("dash", "libgomp1"), (), id="all-there"),
        pytest.param(("libgomp1=12.2.0-14",), (), id="of-that-version"),
        pytest.param(("libgomp1=13", "dash", "curl"), ("libgomp1=13", "curl"), id="others"),
        pytest.param(("dash>=0.5",), ("dash>=0.5",), id="versions-are-not-compared"),
    ],
)
def test_what_the_base_lacks(asked: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert lacking(replace(facts("sh"), system_packages=SYSTEM), asked) == missing
