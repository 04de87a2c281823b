"""What happens on SIGTERM: the trap of a script and the commands of its action. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hitless.checking.shell.flow import Step, steps_of
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.tree import Function, Parameter
from hitless.checking.shell.values import Values
from hitless.checking.shell.walk import parameters_of

_NUMBERS = {"0": "EXIT", "1": "HUP", "2": "INT", "3": "QUIT", "9": "KILL", "15": "TERM"}
_STOPS = frozenset({"stop", "quit", "shutdown"})
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SLEEP = re.compile(r"([0-9]*\.?[0-9]+)([smhd]?)\Z")


@dataclass(frozen=True)
class Kill:
    """A signal that is sent. `names`: the variables of its targets. `broad`: to a group, or to whatever is found."""

    signal: str
    names: tuple[str, ...]
    broad: bool
    line: int


@dataclass(frozen=True)
class Trap:
    """`index`: of its step. `steps`: its action's. `ignores`: the action is empty, and so the signal does nothing."""

    index: int
    line: int
    signals: frozenset[str]
    steps: tuple[Step, ...]
    ignores: bool

    def kills(self) -> list[tuple[int, Kill]]:
        found = [(index, kill_of(step)) for index, step in enumerate(self.steps)]
        return [(index, kill) for index, kill in found if kill is not None]


def traps_of(steps: tuple[Step, ...], functions: Mapping[str, Function], values: Values) -> tuple[Trap, ...]:
    """Every `trap action SIGNAL…`; resets (`trap - TERM`) are none."""
    found = []
    for index, step in enumerate(steps):
        words = step.command.words[1:] if step.name == "trap" else ()
        if words and words[0].constant == "--":
            words = words[1:]
        if len(words) < 2 or words[0].constant == "-":
            continue
        action = values.of(words[0])
        if action is None:
            # "…$pid…" is filled in when the trap is set; as it was written is close enough to see what it does
            action = words[0].source.strip("\"'")
        signals = frozenset(signal_name(word.constant or "") for word in words[1:])
        done = steps_of(parse(action).statements, functions)
        found.append(Trap(index, step.line, signals, done, not action))
    return tuple(found)


def signal_name(word: str) -> str:
    bare = word.upper().removeprefix("SIG")
    return _NUMBERS.get(bare, bare)


def kill_of(step: Step) -> Kill | None:
    """The signal that a step sends; `kill -0` only asks, and `kill -l` only lists."""
    name, words = step.name, step.command.words[1:]
    signals = [word.constant or "" for word in words]
    stops = name in ("supervisorctl", "nginx", "service") and _STOPS & set(signals)
    if name in ("pkill", "killall") or stops:
        strong = any(signal_name(one.removeprefix("-")) == "KILL" for one in signals)
        return Kill("KILL" if strong else "TERM", (), True, step.line)
    if name != "kill":
        return None
    signal, targets = "TERM", list(words)
    if targets and (first := targets[0].constant) is not None and first.startswith("-") and first != "--":
        targets = targets[1:]
        if first in ("-s", "-n") and targets:
            first, targets = "-" + (targets[0].constant or ""), targets[1:]
        signal = signal_name(first[1:])
    if signal in ("0", "EXIT", "L"):
        return None
    names = tuple(parameter.name for word in targets for parameter in parameters_of(word))
    # what is no variable: 0 and -1, %1, $(cat file), -$$
    broad = any(not (len(word.parts) == 1 and isinstance(word.parts[0], Parameter)) for word in targets)
    return Kill(signal, names, broad, step.line)


def sleep_s(step: Step, values: Values) -> float | None:
    """Seconds; inf for one without an end; None where it is not known."""
    total = 0.0
    for word in step.command.words[1:]:
        text = values.of(word)
        if text in ("infinity", "inf"):
            return float("inf")
        found = _SLEEP.match(text or "")
        if found is None:
            return None
        total += float(found[1]) * _UNITS[found[2]]
    return total
