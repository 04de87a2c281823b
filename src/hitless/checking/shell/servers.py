"""Which command starts a server, and what its options say: gunicorn, uvicorn and their like. Data and functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Kind:
    """A server that is known: the spellings of its options, and what holds without them (None: nothing, or no bound).

    `leaves_at_once`: on SIGTERM it accepts no more. `loopback`: it binds the loopback if it is told no address.
    """

    name: str
    bind: tuple[str, ...] = ()
    keep_alive: tuple[str, ...] = ()
    keep_alive_s: float | None = None
    graceful: tuple[str, ...] = ()
    graceful_s: float | None = None
    config: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    daemon: tuple[str, ...] = ()
    log_files: tuple[str, ...] = ()
    environment: str = ""  # the variable, or the beginning of the variables, that hold options
    loopback: bool = False
    leaves_at_once: bool = True
    logs_on_stderr: bool = True


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "gunicorn",
            bind=("-b", "--bind"),
            keep_alive=("--keep-alive",),
            keep_alive_s=2,
            graceful=("--graceful-timeout",),
            graceful_s=30,
            config=("-c", "--config"),
            workers=("-k", "--worker-class"),
            threads=("--threads",),
            daemon=("-D", "--daemon"),
            log_files=("--error-logfile", "--log-file"),
            environment="GUNICORN_CMD_ARGS",
            loopback=True,
        ),
        Kind(
            "uvicorn",
            bind=("--host",),
            keep_alive=("--timeout-keep-alive",),
            keep_alive_s=5,
            graceful=("--timeout-graceful-shutdown",),
            environment="UVICORN_",
            loopback=True,
        ),
        Kind(
            "hypercorn",
            bind=("-b", "--bind"),
            keep_alive=("--keep-alive",),
            keep_alive_s=5,
            graceful=("--graceful-timeout",),
            graceful_s=3,
            config=("-c", "--config"),
            daemon=("-D", "--daemon"),
            loopback=True,
        ),
        Kind("flask", bind=("-h", "--host"), environment="FLASK_RUN_", loopback=True),
        Kind("daphne", bind=("-b", "--bind"), loopback=True),
        Kind("waitress-serve", bind=("--host", "--listen")),
        Kind("hitless", bind=("--host",), leaves_at_once=False, logs_on_stderr=False),
    )
}
UNKNOWN = Kind("", leaves_at_once=False, logs_on_stderr=False)

# Programs that start another one in their place: how many words of their own there are before it.
_LAUNCHERS: Mapping[str, int] = {
    "exec": 0, "command": 0, "nohup": 0, "setsid": 0, "nice": 0, "ionice": 0, "stdbuf": 0, "env": 0, "time": 0,
    "tini": 0, "dumb-init": 0, "su-exec": 1, "gosu": 1, "chpst": 0, "sudo": 0, "catchsegv": 0, "unbuffer": 0,
    "poetry": 1, "pipenv": 1, "uv": 1, "pdm": 1, "conda": 1, "micromamba": 1,
}  # fmt: skip
_WITH_VALUES = frozenset({"-n", "-u", "-c", "-g", "-p", "-o", "-i", "--user", "--name"})
_PYTHON = re.compile(r"python[0-9.]*\Z")
_MODULES = {"hitless.serving": "hitless", "waitress": "waitress-serve"}

# What a boot script does beside starting its server; none of these stays.
NO_SERVERS = frozenset({
    ".", ":", "[", "[[", "alias", "apk", "apt-get", "awk", "basename", "bg", "break", "case", "cat", "cd", "chgrp",
    "chmod", "chown", "clear", "command", "continue", "cp", "curl", "cut", "date", "declare", "dirname", "dnf",
    "dos2unix", "echo", "egrep", "env", "eval", "exit", "export", "expr", "false", "fg", "fgrep", "find", "getopts",
    "grep", "groupadd", "groups", "gunzip", "gzip", "hash", "head", "hostname", "id", "install", "jobs", "join",
    "kill", "killall", "ldconfig", "let", "ln", "local", "logger", "ls", "mkdir", "mkfifo", "mktemp", "mv", "nproc",
    "pgrep", "pip", "pip3", "pkill", "printenv", "printf", "ps", "pwd", "read", "readlink", "readonly", "realpath",
    "return", "rm", "rmdir", "sed", "seq", "set", "shift", "shopt", "sleep", "sort", "source", "stat", "stty", "sync",
    "tail", "tar", "tee", "test", "times", "touch", "tr", "trap", "true", "type", "typeset", "ulimit", "umask",
    "unalias", "uname", "uniq", "unset", "unzip", "update-ca-certificates", "useradd", "wait", "wc", "wget", "which",
    "whoami", "xargs", "yes", "yum", "zip",
})  # fmt: skip


@dataclass(frozen=True)
class Invocation:
    """`words`: of the program itself, launchers left out; None for a word that is not known."""

    kind: Kind
    words: tuple[str | None, ...]

    @property
    def program(self) -> str:
        return self.words[0] or "" if self.words else ""

    def option(self, names: Sequence[str]) -> tuple[bool, str | None]:
        """Whether one is given, and the last value; None where that is not known, or there is none."""
        given, value = False, None
        for index, word in enumerate(self.words[1:], 1):
            for name in names:
                if word == name:
                    given, value = True, self.words[index + 1] if index + 1 < len(self.words) else None
                elif word is not None and name.startswith("--") and word.startswith(f"{name}="):
                    given, value = True, word.partition("=")[2]
                elif word is not None and not name.startswith("--") and word.startswith(name):
                    given, value = True, word[len(name) :].removeprefix("=")
        return given, value

    @property
    def has_unknown_words(self) -> bool:
        """An option may hide in them."""
        return None in self.words


def invocation(words: Sequence[str | None]) -> Invocation:
    """What is started by a command of these words. Empty words make an empty one."""
    words = _program(words)
    if not words:
        return Invocation(UNKNOWN, ())
    name = PurePosixPath(words[0] or "").name
    if _PYTHON.match(name) and "-m" in words[1:]:
        at = words.index("-m") + 1
        module = words[at] if at < len(words) else None
        name = _MODULES.get(module or "", module or "")
        words = [name, *words[at + 1 :]]
    return Invocation(KINDS.get(name, UNKNOWN), tuple(words))


def _program(words: Sequence[str | None]) -> list[str | None]:
    rest = list(words)
    while rest:
        name = PurePosixPath(rest[0] or "").name
        if name not in _LAUNCHERS or len(rest) == 1:
            return rest
        rest = rest[1:]
        while rest and rest[0] is not None and (rest[0].startswith("-") or (name == "env" and "=" in rest[0])):
            taken = 2 if rest[0] in _WITH_VALUES and name != "exec" else 1
            rest = rest[taken:]
        rest = rest[_LAUNCHERS[name] :]
        while rest and rest[0] is not None and rest[0].startswith("-") and name in ("conda", "uv", "micromamba"):
            rest = rest[2 if rest[0] in _WITH_VALUES else 1 :]
    return rest
