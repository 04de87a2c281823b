"""What needs a container engine, as a Dockerfile: packages of the base's distribution, wheels of source packages. Pure.

Everything else of an image is made without one; so the file ends where our own layers begin.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from hitless.building.base import BaseFacts
from hitless.building.places import WHEELS
from hitless.errors import InputError, Problem

# By the program that installs: what is run in the base, as root. Versions are the user's to pin: "libgomp1=12.2.0-14".
_INSTALLING: Mapping[str, str] = {
    "apt-get": "export DEBIAN_FRONTEND=noninteractive; apt-get update "
    "&& apt-get install --yes --no-install-recommends {0} "
    "&& rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log",
    "apk": "apk add --no-cache {0}",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:=~_<>-]*")


def lacking(facts: BaseFacts, packages: Sequence[str]) -> tuple[str, ...]:
    """Of the packages that are asked for, those that the base does not have, as far as its package manager tells."""
    known = {(package.name, package.version) for package in facts.system_packages}
    names = {name for name, _ in known}

    def is_there(asked: str) -> bool:
        name, _, version = asked.partition("=")
        return (name, version) in known or (not version and name in names)

    return tuple(asked for asked in packages if not is_there(asked))


def installing(facts: BaseFacts, packages: Sequence[str], base: str) -> str:
    """The command that installs packages of the system. InputError for bad names, and bases that install nothing."""
    problems = [_no_package(name) for name in packages if not _NAME.fullmatch(name)]
    manager = next((name for name in _INSTALLING if name in facts.tools), None)
    if manager is None:
        message = f"{base} has none of {', '.join(_INSTALLING)}, and system-packages are to be installed in it"
        remedy = "Choose a base with one of them, such as python:3.11-slim; those of `hitless base make` have none."
        problems.append(Problem("BUILD-8", message, remedy, "hitless.toml", path="build.system-packages"))
    if problems or manager is None:
        raise InputError(problems)
    return _INSTALLING[manager].format(" ".join(shlex.quote(name) for name in packages))


def compiling(facts: BaseFacts, requirements: Sequence[str]) -> str:
    """The command that makes wheels of source packages with the base's own Python, in the folder WHEELS."""
    asked = " ".join(shlex.quote(requirement) for requirement in requirements)
    return f"{facts.python} -m pip wheel --no-deps --no-cache-dir --wheel-dir /{WHEELS} {asked}"


def _no_package(name: str) -> Problem:
    remedy = 'Write it like "libgomp1" or "libgomp1=12.2.0-14".'
    return Problem(
        "BUILD-9", f"{name[:80]!r} is no package of a system", remedy, "hitless.toml", path="build.system-packages"
    )


def extending(reference: str, commands: Sequence[str], user: str = "") -> str:
    """A Dockerfile: the base `reference` with commands run in it, as root; `user` is the base's own."""
    lines = [f"FROM {reference}", "USER root", *(f"RUN {command}" for command in commands)]
    return "\n".join([*lines, *([f"USER {user}"] if user else [])]) + "\n"
