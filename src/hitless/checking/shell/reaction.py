"""What SIGTERM does to a container whose PID 1 is the shell of a boot script. Pure: a table of cases over a Boot.

What the cases rest on was tried with dash, bash and busybox: tests/e2e/checking/test_shell_claims.py.
"""

from __future__ import annotations

from enum import StrEnum

from hitless.checking.shell.boot import Boot
from hitless.checking.shell.source import Form
from hitless.checking.shell.traps import Trap


class Reaction(StrEnum):
    """The first thing that decides; the values are ends of the sentence "on SIGTERM …"."""

    NOTHING = "there is no server that could be told"
    SERVER = "the server itself gets the signal"
    INIT = "an init process hands the signal on"
    DEAF = "the shell does nothing, and the server is not told"
    DEAF_STRING = "the shell of the command line does nothing, and the server is not told"
    AT_EXIT = "nothing is done: the trap is for the end of the script only"
    IGNORED = "the shell ignores it, by its trap"
    LATE = "the trap waits for the end of a foreground command"
    SILENT = "the trap tells the server nothing"
    TRAPPED = "the trap tells the server"


def reaction_of(boot: Boot) -> Reaction:
    if boot.index is None:
        return Reaction.NOTHING
    if boot.replaces_shell or _is_replaced_anyway(boot):
        return Reaction.SERVER
    trap = boot.on_term
    if trap is None:
        return _without_trap(boot)
    if trap.ignores:
        return Reaction.IGNORED
    if not boot.in_background and not boot.is_daemon:
        return Reaction.LATE
    if boot.holder is not None and not _waits_before(boot, boot.holder[0]):
        return Reaction.LATE
    return Reaction.TRAPPED if trap.kills() else Reaction.SILENT


def _without_trap(boot: Boot) -> Reaction:
    if boot.source.init:
        return Reaction.INIT
    if boot.on_exit is not None:
        return Reaction.AT_EXIT
    return Reaction.DEAF_STRING if boot.source.form is Form.STRING else Reaction.DEAF


def _is_replaced_anyway(boot: Boot) -> bool:
    """bash and busybox run the last command of `-c` in their place; Debian's dash does not."""
    step = boot.step
    last = not boot.after and not (step.background or step.in_pipeline or step.subshell or step.looped)
    return last and boot.source.form is Form.STRING and boot.source.shell in ("bash", "busybox") and not boot.traps


def _waits_before(boot: Boot, index: int) -> bool:
    return any(step.name == "wait" for step in boot.steps[(boot.index or 0) + 1 : index])


def waits_after_kill(trap: Trap) -> bool:
    """The action itself waits for the end of what it told to end."""
    kills = trap.kills()
    rest = trap.steps[kills[0][0] + 1 :] if kills else ()
    return any(step.name == "wait" or step.looped for step in rest)


def leaves(trap: Trap) -> bool:
    return any(step.name in ("exit", "exec") for step in trap.steps)


def waits_again(boot: Boot) -> bool:
    """The script goes on waiting once its first `wait` was cut short: by another one, or in a loop."""
    return len(boot.waits) > 1 or any(step.looped for step in boot.after)
