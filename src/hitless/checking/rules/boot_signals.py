"""HL317–HL321, HL324: what the boot script does between SIGTERM and the end of the container."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.boot_subject import GOOD_SCRIPT, boot_seen, line_of, script_seen
from hitless.checking.shell.boot import Boot
from hitless.checking.shell.reaction import Reaction, leaves, reaction_of, waits_after_kill, waits_again
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven

_ARRIVES = frozenset({Reaction.SERVER, Reaction.TRAPPED, Reaction.INIT})


def _but_for(reaction: Reaction) -> Verdict:
    """The answer of a rule whose own case it is not: it passes where the signal arrives, or is for another rule."""
    return passed(f"on SIGTERM {reaction}") if reaction in _ARRIVES else not_applicable(f"on SIGTERM {reaction}")


@rule(
    "HL317",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix=GOOD_SCRIPT,
    bad="""
    trap stop TERM
    gunicorn app:app
    """,
    good="""
    trap stop TERM
    gunicorn app:app &
    server=$!
    wait "$server"
    """,
)
def trap_can_run(seen: Seen) -> Verdict:
    """The server runs in the background where a trap is set.

    A shell runs a trap once its foreground command has ended (XCU 2.11), and only `wait` is cut short by a signal. With
    the server, or a `tail -f`, in the foreground the trap is never run: the platform waits until it kills all.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction = reaction_of(boot)
    if reaction is not Reaction.LATE:
        return _but_for(reaction)
    step = boot.step if boot.holder is None or not boot.in_background else boot.holder[1]
    return failed(
        f"line {step.line} runs in the foreground, and the trap only after it",
        line_of(boot, step.line),
        expected="the server with &, and a wait for it",
        actual="a foreground command, which no trap interrupts",
        reproduce="sh -c 'trap \"echo trapped\" TERM; (sleep 1; kill $$) & sleep 5; date' # trapped after 5 s, not 1 s",
    )


@rule(
    "HL318",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    exec python3 server.py
    """,
    bad="""
    python3 server.py
    """,
    good="""
    exec python3 server.py
    """,
)
def signal_arrives(seen: Seen) -> Verdict:
    """SIGTERM reaches the server: the script hands over with exec, or traps it.

    The signal goes to process 1, which is the shell. A process 1 without a handler is left alone by the kernel, and a
    shell hands nothing on: the server is not told, and is killed with the container when the platform's patience ends.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction = reaction_of(boot)
    if reaction is Reaction.INIT:
        return unproven(f"{boot.source.init} gets SIGTERM; whether the server does depends on its options")
    if reaction is not Reaction.DEAF:
        return _but_for(reaction)
    return failed(
        f"line {boot.step.line} starts the server below a shell that has no trap for SIGTERM",
        line_of(boot, boot.step.line),
        expected="exec before the command, or a trap that hands SIGTERM on",
        actual="a child of sh, and sh is process 1",
    )


@rule(
    "HL319",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    CMD ["gunicorn", "app:app"]
    """,
    bad="""
    CMD gunicorn app:app
    """,
    good="""
    CMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT app:app"]
    """,
)
def command_leaves_no_shell(seen: Seen) -> Verdict:
    """The command of the image leaves no shell as process 1.

    `CMD gunicorn app:app` is `/bin/sh -c "gunicorn app:app"`. bash and busybox run a last command in their place; dash
    of Debian 12 does not, and stays as a process 1 that does nothing on SIGTERM.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction = reaction_of(boot)
    if reaction is not Reaction.DEAF_STRING:
        return _but_for(reaction)
    return failed(
        f"the command of the image is a line for {boot.source.shell}, which stays as process 1",
        line_of(boot, boot.step.line),
        expected='the exec form, ["program", "argument"], or exec before the last command',
        actual=f"sh -c {boot.source.text[:120]!r}",
    )


@rule(
    "HL320",
    "EXIT-3",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    wait "$server"
    while kill -0 "$server" 2>/dev/null; do
      wait "$server"
    done
    """,
    bad="""
    trap 'kill -TERM "$server"' TERM
    gunicorn app:app & server=$!
    wait "$server"
    """,
    good="""
    trap 'kill -TERM "$server"' TERM
    gunicorn app:app & server=$!
    wait "$server"
    wait "$server"
    """,
)
def waits_for_the_last_reply(seen: Seen) -> Verdict:
    """The script waits for the server a second time, once the trap has run.

    A `wait` that a signal cuts short returns at once, with 143 for SIGTERM, while the server goes on. If the script
    then ends, the container ends, and the requests that the server was about to answer are lost.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction, trap = reaction_of(boot), boot.on_term
    if reaction is not Reaction.TRAPPED or trap is None:
        return not_applicable(f"on SIGTERM {reaction}")
    if waits_after_kill(trap) or (waits_again(boot) and not leaves(trap)):
        return passed("it waits until the server has ended")
    if not boot.waits and not boot.stays:
        return not_applicable("the script does not wait at all: HL314 tells it")
    return failed(
        "the script ends while the server still answers",
        line_of(boot, boot.waits[0].line if boot.waits and not leaves(trap) else trap.line),
        expected="a second wait for the server, behind the first or in the trap",
        actual="the trap ends the script" if leaves(trap) else "one wait, which SIGTERM cuts short",
    )


@rule(
    "HL321",
    "EXIT-1",
    Level.INFO,
    Stage.FILES,
    fix="""
    wait "$server"
    wait "$server"    # the second one has the status of the server
    """,
    bad="""
    stop() { kill -TERM "$server"; wait "$server"; }
    trap stop TERM
    gunicorn app:app & server=$!
    wait "$server"
    """,
    good="""
    stop() { kill -TERM "$server"; wait "$server"; exit "$?"; }
    trap stop TERM
    gunicorn app:app & server=$!
    wait "$server"
    """,
)
def status_is_the_servers(seen: Seen) -> Verdict:
    """The script ends with the status of the server, not with that of the wait that was cut short.

    The first `wait` returns 143, whatever the server's status is then. An orderly end with 0 and a crash while leaving
    look the same in the events of the platform.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    reaction, trap = reaction_of(boot), boot.on_term
    if reaction is not Reaction.TRAPPED or trap is None:
        return not_applicable(f"on SIGTERM {reaction}")
    if not waits_after_kill(trap):
        return not_applicable("the trap does not wait: HL320 tells of the script's own wait")
    if leaves(trap) or waits_again(boot) or len(boot.waits) != 1 or not _is_last(boot):
        return passed("the status is not that of the first wait")
    return failed(
        "the script ends with 143, whatever the server's status is",
        line_of(boot, boot.waits[0].line),
        expected="the status of a second wait, or exit in the trap",
        actual="the status of the wait that SIGTERM cut short",
    )


def _is_last(boot: Boot) -> bool:
    rest = boot.after[boot.after.index(boot.waits[0]) + 1 :]
    return all(step.name == "exit" for step in rest) and all(_first(step.command.words) != "0" for step in rest)


def _first(words: tuple[object, ...]) -> str:
    return str(getattr(words[1], "source", "")) if len(words) > 1 else ""


@rule(
    "HL324",
    "EXIT-3",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    kill -TERM "$server"
    """,
    bad="""
    stop() { sleep 60; kill -9 "$server"; }
    """,
    good="""
    stop() { sleep 60; kill -TERM "$server"; wait "$server"; }
    """,
)
def kills_nothing(seen: Seen) -> Verdict:
    """The trap asks the server to end, and does not kill it.

    `kill -9` ends it in the middle of whatever it does. Requests that were received are cut off.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    kills = [kill for _, kill in boot.on_term.kills()] if boot.on_term is not None else []
    if not kills:
        return not_applicable("no trap sends a signal")
    if kills[0].signal != "KILL":
        return passed(f"it sends {kills[0].signal} first")
    assert boot.on_term is not None  # noqa: S101
    return failed(
        "the trap kills the server",
        line_of(boot, max(kills[0].line, boot.on_term.line if kills[0].line == 1 else 1)),
        expected="kill -TERM, and a wait",
        actual="SIGKILL, which no server can answer",
    )
