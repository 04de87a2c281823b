"""What a script does as it runs that bash knows and sh does not: commands, options, signal names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from hitless.checking.shell.tree import Bashism, Script, Simple
from hitless.checking.shell.walk import simple_commands

_COMMANDS: Mapping[str, str] = {
    "source": "write . ./file",
    "let": "write x=$((…))",
    "declare": "assign without it",
    "typeset": "assign without it",
    "shopt": "leave it out",
    "pushd": "write cd, in a subshell",
    "popd": "write cd, in a subshell",
    "mapfile": "read the lines in a loop",
    "readarray": "read the lines in a loop",
    "disown": "leave it out",
    "coproc": "start it with &",
    "builtin": "write command",
    "enable": "leave it out",
    "function": "write name() { …; }",
}
_SIGNAL = re.compile(r"SIG[A-Z0-9]+\Z")
_OF_BASH = frozenset({"ERR", "DEBUG", "RETURN"})
_APPENDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\+=|\[[^\]=]*\]\+?=)")


def bashisms_of(script: Script) -> tuple[Bashism, ...]:
    """Those of the syntax and those of the commands, by line."""
    found = [*script.bashisms]
    for command in simple_commands(script.statements):
        found += (Bashism(what, instead, command.line) for what, instead in _of_command(command))
    return tuple(sorted(found, key=lambda one: one.line))


def _of_command(command: Simple) -> Iterator[tuple[str, str]]:
    name = command.name
    if name is None:
        if _APPENDS.match(command.words[0].source):
            yield _appending(command.words[0].source)
        return
    if name in _COMMANDS:
        yield f"the command {name}", _COMMANDS[name]
    elif _APPENDS.match(name):
        yield _appending(name)
    elif judge := _OPTIONS.get(name):
        yield from judge([word.constant or "" for word in command.words[1:]])


def _appending(word: str) -> tuple[str, str]:
    return f"the assignment {word[:30]}", "write x=${x}more"


def _trap(arguments: list[str]) -> Iterator[tuple[str, str]]:
    for name in arguments[1:]:
        if _SIGNAL.match(name.upper()):
            yield f"the signal name {name} in trap", f"write {name.upper().removeprefix('SIG')}"
        elif name.upper() in _OF_BASH:
            yield f"trap … {name}", "sh has no such trap"


def _kill(arguments: list[str]) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(arguments):
        if _SIGNAL.match(name.removeprefix("-").upper()) and (name.startswith("-") or arguments[index - 1] == "-s"):
            bare = name.removeprefix("-").upper().removeprefix("SIG")
            yield f"the signal name {name} in kill", f"write kill -{bare}"


def _test(arguments: list[str]) -> Iterator[tuple[str, str]]:
    for operator, instead in (("==", "write ="), ("=~", "write case … in pattern)"), ("-v", 'write [ -n "${x+x}" ]')):
        if operator in (arguments[:1] if operator == "-v" else arguments[1:2]):
            yield f"{operator} in [", instead


def _wait(arguments: list[str]) -> Iterator[tuple[str, str]]:
    if arguments[:1] == ["-n"]:
        yield "wait -n", 'wait for each: wait "$pid"'


def _set(arguments: list[str]) -> Iterator[tuple[str, str]]:
    if "pipefail" in arguments:
        yield "set -o pipefail, at which dash ends the script", "leave it out"


def _export(arguments: list[str]) -> Iterator[tuple[str, str]]:
    if arguments[:1] in (["-f"], ["-n"]):
        yield f"export {arguments[0]}", "leave it out"


def _read(arguments: list[str]) -> Iterator[tuple[str, str]]:
    for option in arguments:
        if re.match(r"-[a-zA-Z]*[adeintNsu]", option):
            yield f"read {option}", "read whole lines: read -r line"


def _printf(arguments: list[str]) -> Iterator[tuple[str, str]]:
    if arguments[:1] == ["-v"]:
        yield "printf -v", "write x=$(printf …)"
    elif arguments and "%q" in arguments[0]:
        yield "printf %q", "quote it yourself"


def _exec(arguments: list[str]) -> Iterator[tuple[str, str]]:
    if arguments[:1] in (["-a"], ["-c"], ["-l"]):
        yield f"exec {arguments[0]}", "leave it out"


_OPTIONS: Mapping[str, Callable[[list[str]], Iterator[tuple[str, str]]]] = {
    "trap": _trap, "kill": _kill, "[": _test, "test": _test, "wait": _wait, "set": _set, "export": _export,
    "read": _read, "printf": _printf, "exec": _exec,
}  # fmt: skip
