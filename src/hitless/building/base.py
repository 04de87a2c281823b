"""What a base image offers, told from its files without running it: Python, C library, accounts, tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hitless.building.places import VENV, is_compiled_wheel
from hitless.building.system_packages import (
    Distribution,
    SystemPackage,
    distribution_of,
    is_database,
    system_packages_of,
)
from hitless.building.target import MACHINES, Target
from hitless.errors import InputError, Problem
from hitless.images.configuration import Configuration
from hitless.images.filesystem import Filesystem

OLDEST_PYTHON = (3, 11)
REVISION = 3  # of what is looked for; raised with it, or caches would tell old facts
TOOLS = ("sh", "java", "zip", "unzip", "apt-get", "apk")
OF_BATCH = ("java", "zip", "unzip")  # BATCH-1; Python is there in any case
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LIBRARIES = re.compile(r"(?:.*/)?(?:libc\.so\.6|libc-2\.\d+\.so|ld-musl-[^/]+\.so\.1)")
_TEXTS = ("etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release")

_PYTHON = re.compile(r"python(\d+)\.(\d+)$")
_GLIBC = re.compile(rb"stable release version (\d+)\.(\d+)")
_MUSL = re.compile(rb"Version (\d+)\.(\d+)(?:\.\d+)?\n")


@dataclass(frozen=True)
class BaseFacts:
    """`python`: its path in the image; `tools`: name → path. `wheels`: paths of those compiled in it."""

    target: Target
    python: str
    passwd: str = ""
    group: str = ""
    distribution: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    system: Distribution = field(default_factory=Distribution)
    system_packages: tuple[SystemPackage, ...] = ()
    wheels: tuple[str, ...] = ()


def wanted(path: str) -> bool:
    """Whether a file's content is looked at."""
    return path in _TEXTS or is_database(path) or _LIBRARIES.fullmatch(path) is not None


def facts_of(files: Filesystem, configuration: Configuration, name: str) -> BaseFacts:
    """InputError names everything that a base for hitless lacks."""
    folders = [folder.lstrip("/") for folder in (configuration.environment.get("PATH") or PATH).split(":") if folder]
    platform = configuration.platform
    problems = []
    if platform.os != "linux" or platform.architecture not in MACHINES:
        remedy = "Choose a base for linux/amd64 or linux/arm64."
        problems.append(Problem("BASE-2", f"{name} is for {platform}", remedy))
    python = _python(files, folders)
    if python is None:
        remedy = "Choose a base with Python, such as one made by `hitless base make`."
        problems.append(Problem("BASE-3", f"{name} has no python3 of a known version on its PATH", remedy))
    elif python[0].startswith(f"{VENV}/"):
        remedy = "Choose the base that it was built on: `hitless inspect` tells."
        problems.append(Problem("BASE-7", f"{name} was itself built by hitless, with a model in it", remedy))
    elif python[1] < OLDEST_PYTHON:
        remedy = "Choose a base with Python 3.11 or newer."
        problems.append(Problem("BASE-4", f"{name} has Python {python[1][0]}.{python[1][1]}", remedy))
    libc = _libc(files)
    if libc is None:
        remedy = "Choose a base with glibc or musl."
        problems.append(Problem("BASE-5", f"{name} has no C library that is known", remedy))
    tools = {tool: place for tool in TOOLS if (place := _tool(files, folders, tool)) is not None}
    if "sh" not in tools:
        remedy = "Choose a base with a shell: /home/run.sh is started by `sh` (BOOT-1)."
        problems.append(Problem("BASE-6", f"{name} has no sh on its PATH", remedy))
    if problems or python is None or libc is None:
        raise InputError(problems)
    target = Target(platform, python[1], *libc)
    return BaseFacts(
        target, f"/{python[0]}", _text(files, "etc/passwd"), _text(files, "etc/group"), _distribution(files), tools,
        distribution_of(files), system_packages_of(files), tuple(sorted(filter(is_compiled_wheel, files.nodes))),
    )  # fmt: skip


def _python(files: Filesystem, folders: list[str]) -> tuple[str, tuple[int, int]] | None:
    """Path and version of the first python3 on the PATH whose real name tells its version."""
    for name in ("python3", "python", *(f"python3.{minor}" for minor in range(30, 10, -1))):
        for folder in folders:
            place = files.resolve(f"{folder}/{name}")
            if place is not None and (match := _PYTHON.search(place)):
                return f"{folder}/{name}", (int(match[1]), int(match[2]))
    return None


def _tool(files: Filesystem, folders: list[str], name: str) -> str | None:
    for folder in folders:
        if files.resolve(f"{folder}/{name}") is not None:
            return f"/{folder}/{name}"
    return None


def _libc(files: Filesystem) -> tuple[str, tuple[int, int]] | None:
    for path in filter(_LIBRARIES.fullmatch, files.nodes):
        content = files.read(path) or b""
        for kind, version in (("glibc", _GLIBC), ("musl", _MUSL)):
            if match := version.search(content):
                return kind, (int(match[1]), int(match[2]))
    return None


def _text(files: Filesystem, path: str) -> str:
    return (files.read(path) or b"").decode("utf-8", "replace")


def _distribution(files: Filesystem) -> str:
    for path in ("etc/os-release", "usr/lib/os-release"):
        match = re.search(r'^PRETTY_NAME="?([^"\n]*)', _text(files, path), re.MULTILINE)
        if match:
            return match[1]
    return ""


def check_batch(facts: BaseFacts, name: str) -> None:
    """InputError where a base lacks what a batch service needs (BATCH-1)."""
    lacking = [tool for tool in OF_BATCH if tool not in facts.tools]
    if lacking:
        message = f"a batch service needs {', '.join(lacking)}, and {name} has none on its PATH (BATCH-1)"
        remedy = "Choose a base that has them, such as one that `hitless base make --batch` makes."
        raise InputError([Problem("BUILD-7", message, remedy, "hitless.toml", path="build.batch")])


@dataclass(frozen=True)
class _Kept:
    revision: int
    facts: BaseFacts


def as_json(facts: BaseFacts) -> bytes:
    """For the cache: the facts of a digest never change."""
    return msgspec.json.encode(_Kept(REVISION, facts))


def from_json(data: bytes) -> BaseFacts:
    """The opposite; ValueError for what is none, or of another revision."""
    try:
        kept = msgspec.json.decode(data, type=_Kept)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if kept.revision != REVISION:
        raise ValueError("facts of another revision")
    return kept.facts
