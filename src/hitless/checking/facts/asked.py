"""Which files rules ask about, and what of their bytes is kept while all go by. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hitless.checking.examples import SETTINGS as PACKAGE_SETTINGS
from hitless.checking.examples import files_of
from hitless.checking.facts.commands import name_of, scripts_of
from hitless.images.members import Kind
from hitless.images.node import Node

BOOT_FILE = "/home/run.sh"
PACKAGE = "/opt/hitless/package"  # where `hitless build` puts a package
EXAMPLES = f"{PACKAGE}/{PACKAGE_SETTINGS}"
EXAMPLE = "example"  # why they are asked for, and the files that they send
CONFIG = "config.json"
SETTINGS = frozenset({"gunicorn.conf.py"})  # that a server reads without being told to, from its working folder
MOST_SETTINGS = 20
MOST_KEPT_BYTES = 1 << 20  # of one file
PROGRAMS = ("sh", "python", "python3", "java", "zip", "unzip")
_FOLDERS = frozenset({"bin", "sbin"})


@dataclass(frozen=True)
class Asked:
    """A path, absolute, or the bare name of a program that is looked for on the PATH. `why`: see FileSeen."""

    path: str
    why: str
    keeps: bool = False  # its content matters


def asked_of(command: Sequence[str], working_dir: str, *, examples: bool = False) -> tuple[Asked, ...]:
    """For an image, or a root file system (which has no command). `examples`: of the package in it, too."""
    wanted = [
        Asked(BOOT_FILE, "boot file", keeps=True),
        Asked("/etc/passwd", "accounts", keeps=True),
        Asked("/etc/group", "accounts", keeps=True),
    ]
    if examples:
        wanted.append(Asked(EXAMPLES, EXAMPLE, keeps=True))
    if working_dir:
        wanted.append(Asked(place_of(working_dir, "/"), "working folder"))
    if command:
        wanted.append(Asked(_program(command[0], working_dir), "program"))
    wanted += [Asked(place_of(word, working_dir), "command", keeps=True) for word in scripts_of(command)]
    return tuple(wanted)


def _program(word: str, working_dir: str) -> str:
    return place_of(word, working_dir) if "/" in word else word


def place_of(path: str, working_dir: str) -> str:
    """Absolute, without dots."""
    return "/" + posixpath.normpath(posixpath.join("/", working_dir, path)).lstrip("/")


def examples_of(settings: bytes) -> tuple[Asked, ...]:
    """The files of a package that its examples send, by the text of its settings."""
    return tuple(Asked(f"{PACKAGE}/{name}", EXAMPLE, keeps=True) for name in files_of(settings))


def kept(asked: Sequence[Asked]) -> Callable[[str], bool]:
    """Whose bytes are kept while they go by: by their last names, as links may lead to them."""
    names = {name_of(one.path) for one in asked if one.keeps} | {CONFIG}
    return lambda path: path.rpartition("/")[2] in names


def heads(asked: Sequence[Asked]) -> Callable[[str, Node], bool]:
    """Whose first bytes matter: executables in folders of programs, and what the command names."""
    names = {name_of(one.path) for one in asked if one.why == "program"}

    def matters(path: str, node: Node) -> bool:
        if node.kind is not Kind.FILE or not node.mode & 0o111:
            return False
        folder, _, name = path.rpartition("/")
        return name in names or folder.rpartition("/")[2] in _FOLDERS

    return matters


def interpreter_of(script: bytes) -> str:
    """What a script's first line names (execve(2)), or has `env` look for; empty where it names nothing."""
    line = script[:256].partition(b"\n")[0]
    if not line.startswith(b"#!"):
        return ""
    words = line[2:].replace(b"\t", b" ").decode("utf-8", "replace").split(" ")
    words = [word for word in words if word]
    if words and words[0].endswith("/env"):
        words = [word for word in words[1:] if word[0] != "-" and "=" not in word]
    return words[0] if words else ""
