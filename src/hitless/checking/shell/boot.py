"""What a script does as a boot file: which command is the server, how it is held, and what SIGTERM does. Pure.

It guesses where a script cannot tell, and always so that a script is not blamed: an unknown program may be a server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from hitless.checking.shell.flow import Step, steps_of
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.servers import NO_SERVERS, UNKNOWN, Invocation, invocation
from hitless.checking.shell.source import Form, Source
from hitless.checking.shell.traps import Trap, kill_of, sleep_s, traps_of
from hitless.checking.shell.tree import Parameter, Script, Word
from hitless.checking.shell.values import Values, values_of
from hitless.checking.shell.walk import functions_of, parameters_of, simple_commands, words_of

HOLDS_S = 3600  # a sleep of this length is there to keep the container up


@dataclass(frozen=True)
class Boot:
    """A script, its steps in order, and where its server stands among them (None: nothing is started)."""

    source: Source
    script: Script
    steps: tuple[Step, ...]
    values: Values
    traps: tuple[Trap, ...]
    index: int | None
    server: Invocation = field(default_factory=lambda: Invocation(UNKNOWN, ()))

    @property
    def step(self) -> Step:
        """Of the server. ValueError where none is started."""
        if self.index is None:
            raise ValueError("the script starts no server")
        return self.steps[self.index]

    @property
    def replaces_shell(self) -> bool:
        """`exec`, not in a pipeline or a subshell of its own: the server has the shell's pid."""
        step = self.step
        return step.name == "exec" and not (step.background or step.in_pipeline or step.subshell)

    @property
    def in_background(self) -> bool:
        return self.index is not None and self.step.background

    @property
    def is_daemon(self) -> bool:
        """It leaves its parent at once."""
        return self.index is not None and self.server.option(self.server.kind.daemon)[0]

    @cached_property
    def after(self) -> tuple[Step, ...]:
        """The steps behind the start of the server."""
        return () if self.index is None else self.steps[self.index + 1 :]

    @cached_property
    def waits(self) -> tuple[Step, ...]:
        return tuple(step for step in self.after if step.name == "wait" and not step.background)

    @cached_property
    def holder(self) -> tuple[int, Step] | None:
        """The first foreground command behind the server that stays for long, and its index."""
        for index, step in enumerate(self.after, (self.index or 0) + 1):
            if not step.background and self._holds(step):
                return index, step
        return None

    def _holds(self, step: Step) -> bool:
        words = [word.constant or "" for word in step.command.words]
        if step.name == "tail":
            return _follows(step)
        if step.name == "exec" and len(words) > 1:
            return True  # what follows does not come
        if step.name == "sleep":
            return (sleep_s(step, self.values) or 0) >= HOLDS_S
        return step.name == "cat" and len(words) == 1 and not step.redirects and not step.in_pipeline

    @property
    def shows_a_file(self) -> bool:
        """What is written into some file comes to the output nevertheless."""
        return any(step.name == "tail" and _follows(step) for step in self.steps)

    @property
    def stays(self) -> bool:
        """Something keeps the shell once the server runs."""
        if self.waits or self.holder is not None or any(step.looped for step in self.after):
            return True
        return any(not step.background and _may_serve(step) for step in self.after)

    @property
    def blocked_from(self) -> int:
        """The step from which on the shell waits: a trap that is set later is not there when the signal comes."""
        if self.index is None:
            return len(self.steps)
        if not self.in_background and not self.is_daemon:
            return self.index
        stops = [at for at, step in enumerate(self.steps) if at > self.index and step.name == "wait"]
        held = [self.holder[0]] if self.holder is not None else []
        return min([*stops, *held, len(self.steps)])

    @cached_property
    def on_term(self) -> Trap | None:
        """The trap that is set for SIGTERM when the shell begins to wait."""
        found = [trap for trap in self.traps if "TERM" in trap.signals and trap.index < self.blocked_from]
        return found[-1] if found else None

    @cached_property
    def on_exit(self) -> Trap | None:
        found = [trap for trap in self.traps if "EXIT" in trap.signals and trap.index < self.blocked_from]
        return found[-1] if found else None

    @cached_property
    def pid_names(self) -> frozenset[str]:
        """The variables that are given `$!`."""
        return frozenset(
            assignment.name
            for command in simple_commands(self.script.statements)
            for assignment in command.assignments
            if any(part.name == "!" for part in parameters_of(assignment.value))
        )

    @property
    def uses_last_pid(self) -> bool:
        return any(
            part.name == "!"
            for command in simple_commands(self.script.statements)
            for word in words_of(command)
            for part in parameters_of(word)
        )

    @property
    def errexit(self) -> bool:
        return self.source.errexit or any(
            step.name == "set" and any(_sets_errexit(word) for word in step.command.words[1:]) for step in self.steps
        )

    @property
    def delay_s(self) -> float | None:
        """How long the trap sleeps before it sends its first signal; None where that is not known."""
        if self.on_term is None:
            return 0.0
        kills = self.on_term.kills()
        before = self.on_term.steps[: kills[0][0]] if kills else self.on_term.steps
        naps = [sleep_s(step, self.values) for step in before if step.name == "sleep"]
        if any(nap is None for nap in naps) or any(step.looped for step in before):
            return None
        return math.fsum(nap or 0 for nap in naps)


def _follows(step: Step) -> bool:
    """`tail -f file`, `-F`, `-n0 -f`, `--follow`."""
    options = [word.constant or "" for word in step.command.words[1:]]
    return any(word == "--follow" or (word[:1] == "-" and word[1:2] != "-" and "f" in word.lower()) for word in options)


def _sets_errexit(word: Word) -> bool:
    text = word.constant or ""
    return text == "errexit" or (text.startswith("-") and not text.startswith("--") and "e" in text)


def boot_of(source: Source, script: Script | None = None) -> Boot:
    """`script`: if it was parsed already."""
    script = parse(source.text) if script is None else script
    functions = functions_of(script.statements)
    steps = steps_of(script.statements, functions)
    values = values_of(steps)
    traps = traps_of(steps, functions, values)
    index = _server_among(steps, source, values)
    if index is None:
        return Boot(source, script, steps, values, traps, None)
    return Boot(source, script, steps, values, traps, index, _invoked(steps[index], source, values))


def _invoked(step: Step, source: Source, values: Values) -> Invocation:
    words: list[str | None] = []
    for word in step.command.words:
        if any(isinstance(part, Parameter) and part.name in ("@", "*") for part in word.parts) and source.arguments:
            words.extend(source.arguments)
        else:
            words.append(values.of(word))
    return invocation(words)


def _may_serve(step: Step) -> bool:
    """An external program that is not known to end soon."""
    words = invocation([word.constant for word in step.command.words]).words
    if not words or (step.command.name == "exec" and len(step.command.words) == 1):
        return False
    return words[0] not in NO_SERVERS and kill_of(step) is None


def _server_among(steps: tuple[Step, ...], source: Source, values: Values) -> int | None:
    """A server that is known, else the last exec, else what is held by `wait`, else the last foreground program."""
    able = [index for index, step in enumerate(steps) if _may_serve(step) and not step.guarded]
    able = able or [index for index, step in enumerate(steps) if _may_serve(step)]
    if not able:
        return None
    known = [index for index in able if _invoked(steps[index], source, values).kind is not UNKNOWN]
    replacing = [index for index in able if steps[index].name == "exec" and source.form is not Form.PROGRAM]
    if known or replacing:
        return (known or replacing)[-1]
    behind = [index for index in able if steps[index].background]
    front = [index for index in able if not steps[index].background]
    waited = any(step.name == "wait" and index > (behind or [0])[0] for index, step in enumerate(steps))
    if behind and (waited or not front or front[-1] < behind[0]):
        return behind[0]
    return front[-1]
