"""HL328–HL331: the server's own options in the boot script: where it logs, which address, how long connections live."""

from __future__ import annotations

import re

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.boot_subject import boot_seen, line_of, options_elsewhere
from hitless.checking.shell.boot import Boot
from hitless.checking.shell.flow import Step
from hitless.checking.shell.servers import UNKNOWN
from hitless.checking.shell.tree import Redirect
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven

_STREAM = re.compile(r"/dev/(?:std(?:out|err)|fd/[12]|tty|console|pts/\d+)\Z|/proc/[^/]+/fd/[12]\Z")
_LOOPBACK = re.compile(r"(?:127(?:\.\d+){3}|localhost|\[?::1\]?)(?::\d+)?\Z")
_WRITES = (">", ">>", ">|")


@rule(
    "HL328",
    "LOG-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    exec python3 server.py    # without > server.log
    """,
    bad="""
    exec python3 server.py > server.log 2>&1
    """,
    good="""
    exec python3 server.py 2>&1 | tee server.log
    """,
)
def logs_to_its_output(seen: Seen) -> Verdict:
    """The boot script leaves the server's output where the platform reads it.

    What goes into a file is not in the logs of the service, and is gone with the container. `nohup` is harmless in an
    image: it writes nohup.out only at a terminal.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if boot.index is None:
        return not_applicable("nothing is started")
    if boot.shows_a_file:
        return passed("a tail -f shows the log")
    place = _file_of_output(boot) or _file_of_option(boot)
    if place is None:
        return passed("its output is not redirected")
    line, target = place
    return failed(
        f"the output of the server goes to {target}",
        line_of(boot, line),
        expected="standard output",
        actual=target,
    )


def _file_of_output(boot: Boot) -> tuple[int, str] | None:
    """Line and file of the redirection that holds at the end, of standard output or what it logs on."""
    streams = {1, 2} if boot.server.kind.logs_on_stderr else {1}
    places: dict[int, tuple[int, str] | None] = {}
    opened = [step for step in boot.steps[: boot.index] if step.name == "exec" and len(step.command.words) == 1]
    for step in [*opened, boot.step]:
        for redirect in _redirects(step):
            fd = 1 if redirect.fd is None else redirect.fd
            target = boot.values.of(redirect.target)
            if redirect.operator in _WRITES:
                is_file = target is None or not _STREAM.match(target)
                places[fd] = (redirect.line, target or redirect.target.source) if is_file else None
            elif redirect.operator == ">&" and target is not None and target.isdigit():
                places[fd] = places.get(int(target))
    return next((place for fd, place in sorted(places.items()) if fd in streams and place is not None), None)


def _redirects(step: Step) -> tuple[Redirect, ...]:
    return () if step.piped else step.redirects


def _file_of_option(boot: Boot) -> tuple[int, str] | None:
    given, value = boot.server.option(boot.server.kind.log_files)
    is_file = given and value not in (None, "-") and not _STREAM.match(value or "")
    return (boot.step.line, value or "") if is_file else None


@rule(
    "HL329",
    "API-2",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn --bind 0.0.0.0:8080 app:app
    uvicorn --host 0.0.0.0 --port 8080 app:app
    """,
    bad="""
    gunicorn --bind 127.0.0.1:8080 app:app
    """,
    good="""
    gunicorn --bind 0.0.0.0:8080 app:app
    """,
)
def binds_every_address(seen: Seen) -> Verdict:
    """The server is told an address that is reached from outside of the container.

    The loopback is the container's own: nobody else can connect to it. It is what gunicorn, uvicorn and Flask use when
    they are told nothing.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    kind = boot.server.kind
    if kind is UNKNOWN or not kind.bind:
        return not_applicable("how the server is told an address is not known")
    if any("nginx" in step.name or "envoy" in step.name or "haproxy" in step.name for step in boot.steps):
        return not_applicable("another server stands before it")
    given, value = boot.server.option(kind.bind)
    if given and value is not None:
        if not _LOOPBACK.match(value):
            return passed(f"it is told {value}")
        return _loopback(boot, value)
    if given or not kind.loopback:
        return passed("its address is not the loopback, as far as it is told")
    if options_elsewhere(seen, boot) or kind.config:
        return unproven(f"no address is given here; {kind.name} may read one from a file or the environment")
    return _loopback(boot, f"none, which for {kind.name} is 127.0.0.1")


def _loopback(boot: Boot, value: str) -> Verdict:
    return failed(
        f"{boot.server.kind.name} listens on the loopback",
        line_of(boot, boot.step.line),
        expected=f"{boot.server.kind.bind[-1]} 0.0.0.0…",
        actual=value,
    )


@rule(
    "HL330",
    "KEEP-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn --worker-class gevent --keep-alive 200 app:app
    """,
    bad="""
    gunicorn --keep-alive 200 app:app
    """,
    good="""
    gunicorn -k gevent --keep-alive 200 app:app
    """,
)
def worker_keeps_connections(seen: Seen) -> Verdict:
    """gunicorn is told a worker that keeps connections alive.

    Its default worker, `sync`, closes every connection after one reply, whatever `--keep-alive` says.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    if not boot.server.kind.workers or seen.profile.keep_alive_s is None:
        return not_applicable("the server has no kinds of workers")
    given, value = boot.server.option(boot.server.kind.workers)
    if not _is_sync(boot):
        return passed(f"its workers are {value or 'threads'}")
    if not given and options_elsewhere(seen, boot):
        return unproven("no worker is named here; a file or the environment may name one")
    return failed(
        "gunicorn's sync worker keeps no connection",
        line_of(boot, boot.step.line),
        expected="--worker-class gevent",
        actual="--worker-class sync" if given else "no --worker-class, which is sync",
    )


def _is_sync(boot: Boot) -> bool:
    """A server with kinds of workers was told `sync`, or nothing. Threads make gunicorn's worker another one."""
    kind = boot.server.kind
    given, value = boot.server.option(kind.workers)
    return bool(kind.workers) and (not given or value == "sync") and not boot.server.option(kind.threads)[0]


@rule(
    "HL331",
    "KEEP-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn --worker-class gevent --keep-alive 200 app:app
    uvicorn --timeout-keep-alive 200 app:app
    """,
    bad="""
    uvicorn --host 0.0.0.0 app:app
    """,
    good="""
    uvicorn --host 0.0.0.0 --timeout-keep-alive 200 app:app
    """,
)
def keeps_connections_long_enough(seen: Seen) -> Verdict:
    """The server is told to keep idle connections for 200 s.

    A gateway that reuses a connection just as the server closes it loses the request. gunicorn closes after 2 s and
    uvicorn after 5 s unless they are told otherwise.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    kind, wanted_s = boot.server.kind, seen.profile.keep_alive_s
    if wanted_s is None or not kind.keep_alive:
        return not_applicable("this edition, or this server, has no such figure")
    elsewhere = options_elsewhere(seen, boot)
    if _is_sync(boot) and not elsewhere:
        return not_applicable("its worker keeps no connection: HL330 tells it")
    given, value = boot.server.option(kind.keep_alive)
    if not given and elsewhere:
        return unproven("nothing is said here; a file or the environment may say it")
    if given and (value is None or not value.replace(".", "", 1).isdigit()):
        return unproven("the figure is not known")
    figure = float(value) if given and value is not None else kind.keep_alive_s
    if figure is None or figure >= wanted_s:
        return passed(f"it keeps idle connections for {figure:g} s" if figure is not None else "it closes none")
    return failed(
        f"{kind.name} closes connections that are idle for {figure:g} s",
        line_of(boot, boot.step.line),
        expected=f"{kind.keep_alive[-1]} {wanted_s}",
        actual=f"{figure:g} s" + ("" if given else f", {kind.name}'s default"),
    )
