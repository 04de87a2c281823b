"""The subject as a batch service starts it: HL306 to HL308. Its boot file is the child of another process 1."""

from __future__ import annotations

from collections.abc import Iterator

from hitless.checking import again
from hitless.checking.events import Exchange, Logged, Noted, Stage
from hitless.checking.facts.seen import FileSeen
from hitless.checking.probes.purposes import BATCH_AGAIN, BATCH_FIRST, STARTED_AGAIN, TOLD_SOCKETS
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import first_start, incomplete, shown
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven

BOOT_FILE = "/home/run.sh"
_LISTENS = "0A"  # /proc/net/tcp: the state of a socket that listens
# Addresses at which 127.0.0.1 is answered, as that file writes them: words of four bytes in the machine's order.
_ANY_OR_LOOPBACK = frozenset({
    "00000000", "0100007F", "7F000001", "0" * 32, "0000000000000000FFFF00000100007F",
    "00000000000000000000FFFF7F000001",
})  # fmt: skip


def _is_missing(seen: Seen) -> bool:
    return any(file.path == BOOT_FILE and file.kind == "missing" for file in seen.all(FileSeen))


def _gets_ready(seen: Seen) -> bool:
    return any(one.purpose == BATCH_FIRST and one.status for one in seen.all(Exchange, Stage.BATCH))


@rule(
    "HL306", "BOOT-1", Level.MUST, Stage.BATCH,
    fix="""
    #!/bin/sh
    # /home/run.sh: what it needs it sets itself; it asks nothing about its own process number
    cd /home/app || exit 1
    exec python3 -m gunicorn --bind 0.0.0.0:8080 app:app
    """,
    bad="""
    [ "$$" -eq 1 ] || exit 1
    """,
    good="""
    exec python3 -m gunicorn --bind 0.0.0.0:8080 app:app
    """,
)  # fmt: skip
def starts_as_a_child(seen: Seen) -> Verdict:
    """The boot file starts the service also as the child of another process.

    A batch service puts a process of its own into the container and starts `/home/run.sh` from there. A script that
    counts on being process 1, on its working folder or on an entrypoint before it does not start.
    """
    if _is_missing(seen):
        return not_applicable(f"there is no {BOOT_FILE} (HL301)")
    if _gets_ready(seen):
        return passed(f"`sh {BOOT_FILE}` as a child of another process 1 gets ready")
    one = first_start(seen.record, Stage.BATCH)
    if one.incomplete:
        return unproven(one.incomplete)
    return failed(
        f"`sh {BOOT_FILE}` as a child of another process 1 does not get ready",
        *one.last_words(),
        expected="its api answers",
        actual="it listens, and its api does not answer" if one.listening_s is not None else "it does not listen",
        reproduce=again.started(seen, command=f"sh -c 'sh {BOOT_FILE} & wait'"),
    )


@rule(
    "HL307", "BOOT-1", Level.SHOULD, Stage.BATCH,
    fix="""
    mkdir -p /tmp/cache; rm -f /tmp/server.pid /tmp/server.sock
    """,
    bad="""
    set -e; mkdir /tmp/cache          # fails the second time
    """,
    good="""
    set -e; mkdir -p /tmp/cache
    """,
)  # fmt: skip
def starts_a_second_time(seen: Seen) -> Verdict:
    """The boot file starts the service again in the same container.

    A batch service that starts it anew finds the files of the first time. They may not be in its way. Before the second
    start, the first one is told to end (SIGTERM), and what it leaves behind of processes is ended.
    """
    if not _gets_ready(seen):
        return not_applicable("it does not start the first time (HL306)")
    second = [one for one in seen.all(Exchange, Stage.BATCH) if one.purpose == BATCH_AGAIN]
    if any(one.status for one in second):
        return passed("it started twice in turn")
    if not any(one.what == STARTED_AGAIN for one in seen.all(Noted, Stage.BATCH)):
        return unproven(incomplete(seen.record, Stage.BATCH) or "it was not started again")
    return failed(
        "it does not get ready the second time",
        *map(shown, second[-1:]),
        *first_start(seen.record, Stage.BATCH).last_words(),
        expected="its api answers again",
        actual="no answer after the second start",
        reproduce=again.started(seen, command=f"sh -c 'timeout 60 sh {BOOT_FILE}; sh {BOOT_FILE} & wait'"),
    )


@rule(
    "HL308", "BOOT-1", Level.MUST, Stage.BATCH,
    fix="""
    gunicorn --bind 0.0.0.0:8080 app:app
    """,
    bad="""
    gunicorn --bind "$(hostname -i):8080" app:app
    """,
    good="""
    gunicorn --bind 0.0.0.0:8080 app:app
    """,
)  # fmt: skip
def answers_on_the_loopback(seen: Seen) -> Verdict:
    """The service answers on 127.0.0.1 when a batch service starts it.

    The process that a batch service puts into the container sends its requests to 127.0.0.1:8080. Whether that answers
    can only be seen inside; here the process that started the boot file tells which sockets listen (/proc/net/tcp).
    """
    if not _gets_ready(seen):
        return not_applicable("it does not start this way (HL306)")
    port = seen.contract.port
    sockets = list(_listening(seen.all(Logged, Stage.BATCH)))
    if not sockets:
        return unproven("nobody told which sockets listen inside")
    addresses = [address for address, number in sockets if number == port]
    if any(address in _ANY_OR_LOOPBACK for address in addresses):
        return passed(f"port {port} listens on all addresses, or on 127.0.0.1")
    return failed(
        f"nobody listens on 127.0.0.1:{port}",
        expected=f"a socket on 0.0.0.0:{port}",
        actual=f"sockets (address as in /proc/net/tcp, port): {', '.join(f'{a}:{n}' for a, n in sockets)}",
    )


def _listening(lines: tuple[Logged, ...]) -> Iterator[tuple[str, int]]:
    """(address in hexadecimal, port) of each, from lines such as `0: 00000000:1F90 00000000:0000 0A …`."""
    for line in lines:
        words = line.line.removeprefix(TOLD_SOCKETS).split()
        if line.line.startswith(TOLD_SOCKETS) and len(words) > 3 and words[3] == _LISTENS:
            address, _, port = words[1].partition(":")
            yield address, int(port, 16)
