"""HL310–HL316: the boot script as a text: it can be read by sh, starts a server, and stays with it."""

from __future__ import annotations

from collections.abc import Iterator

from hitless.checking.events import Stage
from hitless.checking.rule import ALL, Level, Purpose, Seen, rule
from hitless.checking.rules.boot_subject import GOOD_SCRIPT, line_of, read, script_seen, source_seen
from hitless.checking.shell.boot import Boot
from hitless.checking.shell.portability import bashisms_of
from hitless.checking.shell.reaction import Reaction, reaction_of
from hitless.checking.shell.source import Form, shebang_of
from hitless.checking.shell.tree import Parameter, Simple, Word
from hitless.checking.shell.walk import simple_commands
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven

_SHOWN = 5
_MAY_START_ANYTHING = frozenset({".", "source", "eval", "xargs", "find"})
_NEVER_EMPTY = frozenset("?#$0123456789")


@rule(
    "HL310",
    "BOOT-1",
    Level.MUST,
    Stage.FILES,
    purposes=ALL,
    fix="""
    dash -n run.sh    # says where; add it to the build
    """,
    bad="""
    if [ -n "$DEBUG" ]; then
      set -x
    exec python3 server.py
    """,
    good="""
    if [ -n "$DEBUG" ]; then
      set -x
    fi
    exec python3 server.py
    """,
)
def can_be_read(seen: Seen) -> Verdict:
    """The boot script can be read by the shell that runs it.

    `sh` ends at the first thing that it cannot read, with status 2; commands before it have run by then. So the server
    may never be started, or it is started and lost. Debian's and Ubuntu's `sh` is dash, which refuses arrays,
    `function f {`, `<( … )`, `<<<` and `for ((…))` of bash.
    """
    source = source_seen(seen)
    if isinstance(source, str):
        return not_applicable(source)
    boot = read(source)
    if boot.script.faults and not source.is_posix:
        return not_applicable(f"{source.where} is read by {source.shell}, which knows more than POSIX sh")
    for fault in boot.script.faults:
        return failed(
            f"{source.where} cannot be read: {fault.message}",
            line_of(boot, fault.line),
            expected="a script in the grammar of POSIX sh",
            actual=f"line {fault.line}: {fault.message}",
            reproduce=f"dash -n {source.where}" if source.form is Form.FILE else "",
        )
    refused = [one for one in boot.script.bashisms if one.syntax]
    if not refused or source.shell not in ("sh", "dash", "ash"):
        return passed(f"{source.where} can be read")
    if source.shell == "sh":
        return unproven(f"line {refused[0].line} has {refused[0].what}: only where sh is bash can it be read")
    return failed(
        f"{source.where} cannot be read by {source.shell}: it has {refused[0].what}",
        *(line_of(boot, one.line) for one in refused[:_SHOWN]),
        expected=f"a script that {source.shell} can read; {refused[0].instead}",
        actual=f"line {refused[0].line} has {refused[0].what}, which only bash can read",
        reproduce=f"dash -n {source.where}" if source.form is Form.FILE else "",
    )


@rule(
    "HL311",
    "BOOT-1",
    Level.SHOULD,
    Stage.FILES,
    purposes=ALL,
    fix="""
    shellcheck --shell=dash run.sh    # names each; write [ … ], . file, kill -TERM, trap … TERM
    """,
    bad="""
    set -o pipefail
    trap stop SIGTERM
    if [[ $pid != "" ]]; then kill -SIGTERM $pid; fi
    """,
    good="""
    trap stop TERM
    if [ -n "$pid" ]; then kill -TERM "$pid"; fi
    """,
)
def is_posix(seen: Seen) -> Verdict:
    """The boot script asks of sh what POSIX sh has.

    `CMD ["sh", "/home/run.sh"]` is run by whatever `sh` is in the image: dash on Debian and Ubuntu, busybox on Alpine.
    There `[[` and `source` are commands that do not exist, `trap … SIGTERM` sets no trap, `kill -SIGTERM` sends
    nothing, and `set -o pipefail` ends the script. It works for who tries it with bash, and fails in the image.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if not boot.source.is_posix:
        return not_applicable(f"{boot.source.where} is read by {boot.source.shell}")
    found = bashisms_of(boot.script)
    if boot.source.shell in ("dash", "ash") and any(one.syntax for one in found):
        return not_applicable("the script cannot be read: HL310 tells it")
    if not found:
        return passed("nothing in it is of bash only")
    named = "; ".join(f"line {one.line}: {one.what}" for one in found[:_SHOWN])
    return failed(
        f"{boot.source.where} has {found[0].what}, which is of bash only",
        *(line_of(boot, one.line) for one in found[:_SHOWN]),
        expected=f"what POSIX sh has; {found[0].instead}",
        actual=named,
        reproduce=f"shellcheck --shell=dash {boot.source.where}" if boot.source.form is Form.FILE else "",
    )


@rule(
    "HL312",
    "BOOT-1",
    Level.INFO,
    Stage.FILES,
    purposes=ALL,
    fix="""
    #!/bin/sh
    """,
    bad="""
    #!/bin/bash
    """,
    good="""
    #!/bin/sh
    """,
)
def first_line_names_its_shell(seen: Seen) -> Verdict:
    """The first line of the boot script names the shell that really runs it.

    For `sh run.sh` the line `#!/bin/bash` is a comment. Who reads it will write for bash, and who tries it with
    `./run.sh` tries another shell than the one in the image.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if boot.source.form is not Form.FILE or not boot.source.is_posix:
        return not_applicable("no `sh` is given a file")
    if bashisms_of(boot.script):
        return not_applicable("the script is written for bash: HL311 tells it")
    named = shebang_of(boot.source.text)
    if named in ("", "sh", "dash", "ash", "busybox"):
        return passed("no other shell is named")
    return failed(
        f"the first line names {named}, and sh runs it",
        line_of(boot, 1),
        expected="#!/bin/sh",
        actual=boot.source.text.split("\n")[0][:80],
    )


@rule(
    "HL313",
    "API-2",
    Level.MUST,
    Stage.FILES,
    fix=GOOD_SCRIPT,
    bad="""
    handle_sigterm() { kill -TERM "$pid"; }
    trap handle_sigterm TERM
    """,
    good="""
    exec python3 server.py
    """,
)
def starts_a_server(seen: Seen) -> Verdict:
    """The boot script starts something that can serve.

    The published recipe is a fragment: it defines what to do on SIGTERM, sets the trap, and ends. A container whose
    script has come to its end is over.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if seen.purpose is Purpose.BATCH and not boot.source.text:
        return not_applicable("the boot file is empty: HL301 tells it")
    if boot.index is not None:
        return passed(f"line {boot.step.line} starts {boot.server.program or 'a program'}")
    for step in boot.steps:
        if step.name in _MAY_START_ANYTHING:
            return unproven(f"line {step.line} runs commands that are not in the script: {step.name}")
    return failed(
        f"{boot.source.where} starts no server",
        *([line_of(boot, boot.steps[-1].line)] if boot.steps else []),
        expected="a command that starts a server",
        actual="only commands that end at once" if boot.steps else "no command at all",
    )


@rule(
    "HL314",
    "API-2",
    Level.MUST,
    Stage.FILES,
    fix="""
    gunicorn app:app &
    server=$!
    wait "$server"
    """,
    bad="""
    nohup python3 server.py &
    """,
    good="""
    exec python3 server.py
    """,
)
def stays_with_its_server(seen: Seen) -> Verdict:
    """The boot script lasts as long as its server.

    The container ends when its first process ends, and takes the server with it. `&`, or an option such as gunicorn's
    `--daemon`, lets the script go on at once: without a `wait` behind it, it comes to its end.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if boot.index is None:
        return not_applicable("nothing is started")
    if not (boot.in_background or boot.is_daemon):
        return passed("the server runs in the foreground")
    if boot.stays:
        return passed("the script goes on while the server runs")
    how = "as a daemon" if boot.is_daemon else "in the background"
    return failed(
        f"line {boot.step.line} starts the server {how}, and the script ends",
        line_of(boot, boot.step.line),
        expected="a wait for the server, or exec",
        actual="nothing behind it waits",
    )


@rule(
    "HL315",
    "EXIT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn app:app &
    server=$!
    """,
    bad="""
    trap 'kill -TERM "$pid"' TERM
    gunicorn app:app &
    wait
    """,
    good="""
    trap 'kill -TERM "$pid"' TERM
    gunicorn app:app &
    pid=$!
    wait "$pid"
    """,
)
def keeps_the_pid(seen: Seen) -> Verdict:
    """The boot script keeps the process id that its trap signals.

    `$!` is the process that was started last with `&`; it is gone when it is not kept in a variable. A trap that sends
    a signal to an empty variable sends none, and the server never learns that it has to leave.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    trap = boot.on_term
    kills = [kill for _, kill in trap.kills()] if trap is not None else []
    if not kills:
        return not_applicable("no trap sends a signal")
    if boot.index is not None and reaction_of(boot) in (Reaction.SERVER, Reaction.LATE):
        return not_applicable("the server is in the foreground: there is no pid to keep")
    lost = [name for kill in kills if not kill.broad for name in kill.names if not _may_be_set(boot, name)]
    if not lost:
        return passed("the trap signals a pid that was kept")
    return failed(
        f"${lost[0]} is never given the pid of the server",
        line_of(boot, kills[0].line if kills[0].line > 1 else trap.line if trap is not None else 1),
        expected=f"{lost[0]}=$! behind the command that starts the server",
        actual=f"the trap signals ${lost[0]}, and nothing sets it",
    )


def _may_be_set(boot: Boot, name: str) -> bool:
    return name in boot.pid_names or name == "!" or boot.values.is_set(name) or name.isdigit()


@rule(
    "HL316",
    "BOOT-1",
    Level.SHOULD,
    Stage.FILES,
    purposes=ALL,
    fix="""
    if [ -n "$pid" ]; then
    """,
    bad="""
    if [ $pid != "" ]; then
    """,
    good="""
    if [ "$pid" != "" ]; then
    """,
)
def quotes_its_tests(seen: Seen) -> Verdict:
    """The tests of the boot script quote their variables.

    Without quotes an empty variable leaves no word at all: `[ $pid != "" ]` becomes `[ != "" ]`, which dash answers
    with `[: !=: unexpected operator`, and which is false. `[ -n $pid ]` becomes `[ -n ]`, which is true.
    """
    boot = script_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    found = list(_unquoted(boot))
    if not found:
        return passed("every variable in a test is quoted")
    first = found[0]
    return failed(
        f"line {first[0].line} tests ${first[1]} without quotes",
        *(line_of(boot, command.line) for command, _, _ in found[:_SHOWN]),
        expected=f'"${first[1]}"',
        actual=f"{first[2].source}, which is no word where it is empty",
        reproduce="dash -c 'pid=; if [ $pid != \"\" ]; then echo set; fi'",
    )


def _unquoted(boot: Boot) -> Iterator[tuple[Simple, str, Word]]:
    """Variables that may be empty, outside of quotes, in `[` and `test`."""
    for command in simple_commands(boot.script.statements):
        if command.name not in ("[", "test"):
            continue
        for word in command.words[1:]:
            name = _bare(word)
            if name is not None and not boot.values.of(word):
                yield command, name, word
                break


def _bare(word: Word) -> str | None:
    """The parameter that is the whole word, and may be empty."""
    if len(word.parts) != 1 or not isinstance(part := word.parts[0], Parameter) or part.quoted:
        return None
    if part.name in _NEVER_EMPTY or part.operator == "#" or part.name in ("@", "*"):
        return None
    has_default = part.operator in (":-", ":=", ":?") and part.argument is not None and part.argument.parts
    return None if has_default else part.name
