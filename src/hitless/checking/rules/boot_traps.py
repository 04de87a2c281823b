"""HL325–HL327, HL332: traps that are set and do not do what they are for."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.boot_subject import GOOD_SCRIPT, line_of, script_seen
from hitless.checking.shell.reaction import Reaction, reaction_of, waits_after_kill, waits_again
from hitless.checking.verdict import Verdict, failed, not_applicable, passed


@rule(
    "HL325",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    trap stop TERM
    """,
    bad="""
    trap stop EXIT
    """,
    good="""
    trap stop TERM INT
    """,
)
def trap_is_for_sigterm(seen: Seen) -> Verdict:
    """The trap of the boot script names TERM.

    `trap … EXIT` is run when the script ends by itself. On SIGTERM dash and busybox do not run it: as process 1 they
    ignore the signal, elsewhere they die of it. bash does run it.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction = reaction_of(boot)
    if reaction is not Reaction.AT_EXIT or boot.on_exit is None:
        has_trap = boot.on_term is not None
        return passed("a trap names TERM") if has_trap else not_applicable(f"on SIGTERM {reaction}")
    if boot.source.shell == "bash":
        return not_applicable("bash runs a trap for EXIT on SIGTERM, too")
    return failed(
        "the trap is for EXIT only",
        line_of(boot, boot.on_exit.line),
        expected="trap … TERM",
        actual="trap … EXIT, which sh does not run on SIGTERM",
        reproduce="dash -c 'trap \"echo trapped\" EXIT; kill $$; sleep 1'",
    )


@rule(
    "HL326",
    "EXIT-3",
    Level.SHOULD,
    Stage.FILES,
    fix=GOOD_SCRIPT,
    bad="""
    trap 'echo bye; exit 0' TERM
    """,
    good="""
    trap 'sleep 60; kill -TERM "$server"' TERM
    """,
)
def trap_tells_the_server(seen: Seen) -> Verdict:
    """The trap for SIGTERM hands the signal on to the server.

    A trap that only ends the script ends the container with it, and every request that is being answered. An empty
    trap, `trap '' TERM`, is inherited: the server ignores the signal as well.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction, trap = reaction_of(boot), boot.on_term
    if trap is None or reaction not in (Reaction.TRAPPED, Reaction.SILENT, Reaction.IGNORED):
        return not_applicable(f"on SIGTERM {reaction}")
    if reaction is Reaction.TRAPPED:
        return passed("the trap sends a signal")
    return failed(
        f"on SIGTERM {reaction}",
        line_of(boot, trap.line),
        expected='kill -TERM "$server" in the trap',
        actual="an empty trap" if trap.ignores else "a trap without kill",
    )


@rule(
    "HL327",
    "EXIT-3",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    wait "$server" || status=$?
    """,
    bad="""
    set -e
    wait "$server"
    wait "$server"
    """,
    good="""
    set -e
    wait "$server" || true
    wait "$server"
    """,
)
def survives_its_first_wait(seen: Seen) -> Verdict:
    """The wait that SIGTERM cuts short does not end the script.

    Under `set -e` the 143 of the first `wait` is a failure, and the script ends there: the second `wait`, which is for
    the last replies, is never reached.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction, trap = reaction_of(boot), boot.on_term
    if reaction is not Reaction.TRAPPED or trap is None or not boot.waits:
        return not_applicable(f"on SIGTERM {reaction}")
    if not boot.errexit:
        return passed("set -e is not used")
    if waits_after_kill(trap) or not waits_again(boot) or boot.waits[0].guarded:
        return passed("nothing that matters comes behind the first wait, or its status is tested")
    return failed(
        f"set -e ends the script at line {boot.waits[0].line}",
        line_of(boot, boot.waits[0].line),
        expected='wait "$server" || true',
        actual="a wait that returns 143, under set -e",
        reproduce="dash -c 'set -e; trap : TERM; sleep 9 & (sleep 1; kill $$) & wait $!; echo not reached'",
    )


@rule(
    "HL332",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn app:app &    # its output is the container's
    server=$!
    """,
    bad="""
    gunicorn app:app | tee server.log &
    server=$!
    """,
    good="""
    gunicorn app:app &
    server=$!
    """,
)
def keeps_the_right_pid(seen: Seen) -> Verdict:
    """The pid that is kept is that of the server.

    Behind a pipeline `$!` is its last command: SIGTERM goes to `tee`, and the server is told by a broken pipe.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if boot.index is None or not boot.in_background or not boot.uses_last_pid:
        return not_applicable("no pid of a background command is kept")
    if not boot.step.piped:
        return passed("$! is the server's")
    return failed(
        f"line {boot.step.line} starts the server in a pipeline, whose pid is that of its last command",
        line_of(boot, boot.step.line),
        expected="the server alone before &",
        actual="a pipeline",
    )
