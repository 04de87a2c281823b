"""Which shell text starts the server of an image, and which shell reads it. Pure: of what was seen of the image."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from hitless.checking.facts.seen import FileSeen

_SHELLS = frozenset({"sh", "dash", "ash", "bash", "zsh", "ksh", "mksh"})
_INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit", "docker-init"})
_SHEBANG = re.compile(r"#!\s*(\S+)(?:[ \t]+(\S+))?")
_BOM = "\ufeff"


class Form(StrEnum):
    """Where the text stands: in a file, in the argument of `sh -c`, or there is none and the command is a program."""

    FILE = "a file"
    STRING = "a command line"
    PROGRAM = "a program"


@dataclass(frozen=True)
class Source:
    """`where`: how it is told to people. `shell`: which one reads it, as far as known: `sh` where /bin/sh was not seen,
    else what that is. `arguments`: of the script. `init`: PID 1 is a program that hands signals on.
    `errexit`: the shell was told -e."""

    form: Form
    text: str
    where: str
    shell: str
    arguments: tuple[str, ...] = ()
    init: str = ""
    errexit: bool = False

    @property
    def is_posix(self) -> bool:
        """Only what POSIX has can be counted on."""
        return self.shell in ("sh", "dash", "ash", "busybox")


def source_of(command: Sequence[str], files: Mapping[str, FileSeen], folder: str) -> Source | str:
    """`command`: the effective one; `folder`: in which it is started. A sentence where there is no script to read."""
    words, init = _without_init(list(command))
    if not words:
        return "the image has no command"
    name = PurePosixPath(words[0]).name
    if name == "busybox" and len(words) > 1:
        words = words[1:]
        name = PurePosixPath(words[0]).name
    if name in _SHELLS:
        return _of_shell(name, words[1:], files, folder, init)
    file = _file(words[0], files, folder)
    if file is not None and (shell := _shebang_shell(file, files)):
        return _script(words[0], file, shell, words[1:], init)
    text = "exec " + shlex.join(words)
    return Source(Form.PROGRAM, text, "the command of the image", "sh", init=init)


def _of_shell(name: str, words: list[str], files: Mapping[str, FileSeen], folder: str, init: str) -> Source | str:
    shell = _known_shell(name, files)
    errexit, is_string = False, False
    while words and words[0].startswith(("-", "+")) and len(words[0]) > 1:
        option = words.pop(0)
        errexit = errexit or (option[0] == "-" and option[1] != "-" and "e" in option)
        is_string = is_string or (option[0] == "-" and option[1] != "-" and "c" in option)
        if option[1:] in ("o", "eo", "euo", "euxo") and words:
            words.pop(0)
    if not words:
        return "the command of the image is a shell without a script"
    if is_string:
        where = f"the argument of {name} -c"
        return Source(Form.STRING, _text(words[0].encode()), where, shell, tuple(words[2:]), init, errexit)
    file = _file(words[0], files, folder)
    if file is None:
        return f"the script {words[0]} of the image's command was not read"
    return _script(words[0], file, shell, words[1:], init, errexit=errexit)


def boot_file_of(path: str, files: Mapping[str, FileSeen]) -> Source | str:
    """The script at a path, read by `sh`."""
    file = files.get(path)
    if file is None or not is_whole(file):
        return f"there is no {path} that could be read"
    return _script(path, file, _known_shell("sh", files), [], "")


def _script(path: str, file: FileSeen, shell: str, arguments: list[str], init: str, *, errexit: bool = False) -> Source:
    return Source(Form.FILE, _text(file.content or b""), path, shell, tuple(arguments), init, errexit)


def _text(content: bytes) -> str:
    """Ends of lines and marks of the encoding are other rules'."""
    return content.decode("utf-8", "surrogateescape").removeprefix(_BOM).replace("\r\n", "\n")


def _file(path: str, files: Mapping[str, FileSeen], folder: str) -> FileSeen | None:
    file = files.get(str(PurePosixPath("/", folder, path))) or files.get(path)
    return file if file is not None and is_whole(file) else None


def is_whole(file: FileSeen) -> bool:
    """All of its bytes were kept, not only the first ones."""
    return file.content is not None and len(file.content) == file.size


def _without_init(words: list[str]) -> tuple[list[str], str]:
    if not words or PurePosixPath(words[0]).name not in _INITS:
        return words, ""
    init = PurePosixPath(words[0]).name
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "--":
            break
        if option in ("-p", "-e", "-r", "--rewrite") and rest:
            rest.pop(0)
    return rest, init


def _shebang_shell(file: FileSeen, files: Mapping[str, FileSeen]) -> str:
    """The shell that the kernel starts for it; empty where that is none."""
    name = shebang_of(_text(file.content or b""))
    return _known_shell(name, files) if name in _SHELLS else ""


def shebang_of(text: str) -> str:
    """The name of the interpreter in the first line; empty where there is none."""
    found = _SHEBANG.match(text)
    if found is None:
        return ""
    name = PurePosixPath(found[1]).name
    return PurePosixPath(found[2] or "").name if name == "env" else name


def _known_shell(name: str, files: Mapping[str, FileSeen]) -> str:
    """What stands behind the name `sh`, where the link was followed."""
    if name != "sh":
        return name
    for path in ("sh", "/bin/sh", "/usr/bin/sh"):
        file = files.get(path)
        real = PurePosixPath(file.real_path).name if file is not None and file.kind == "file" else ""
        if real in ("dash", "bash", "busybox", "ash"):
            return real
    return "sh"
