"""How a failure is seen again by hand: commands to paste that start the subject as it was, ask it, and stop it. Pure.

Empty for what no single command starts (a layout, an archive, an unpacked root): `hitless check` itself sees it again.
"""

from __future__ import annotations

import re
import shlex

from hitless.checking.events import Exchange
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.record import Kind
from hitless.checking.rule import Seen

_NAME = "subject"
_END = {
    Kind.IMAGE: f"docker kill --signal TERM {_NAME}; date; docker wait {_NAME}; date; kill %1",
    Kind.PACKAGE: "kill -TERM %1; date; wait %1; date; kill %2",
    Kind.SERVICE: "kill -TERM PID; date   # PID: of its first process",
}
_PORTED = re.compile(r":\d+\Z")


def started(seen: Seen, *flags: str, command: str = "") -> str:
    """In the foreground. `flags`: of docker; `command`: instead of the image's own."""
    port = _port(seen)
    words = f"--rm --name {_NAME} -p {port}:{port}"
    return _start(seen, " ".join([words, *flags]), command)


def asked(seen: Seen, curl: str) -> str:
    """With a request to it. `curl`: with `{address}` for where it listens."""
    start = _in_background(seen)
    return f"{start}{_filled(seen, curl)}" if start is not None and curl else ""


def answered(seen: Seen, one: Exchange) -> str:
    return asked(seen, one.curl)


def stopped(seen: Seen, curl: str) -> str:
    """With requests to it without a pause, and SIGTERM."""
    start = _in_background(seen)
    if start is None or not curl:
        return ""
    end = _END[Kind(seen.record.opened.kind)]
    return (
        f"{start}# asked where it listens:\n"
        f"while sleep 0.1; do date +%T.%N; {_filled(seen, curl)}; done > answers.txt 2>&1 &\n"
        f"sleep 5; {end}"
    )


def address(seen: Seen) -> str:
    """Host and port at which it is reached, once it is started so."""
    if seen.record.opened.kind == Kind.SERVICE:
        named = seen.record.opened.subject.partition("://")[2].rstrip("/")
        return named if _PORTED.search(named) else f"{named}:80"
    return f"127.0.0.1:{_port(seen)}"


def _port(seen: Seen) -> int:
    """The declared one; the usual one where the record has no config.json that means anything."""
    found = seen.record.first(ConfigSeen)
    contract = seen.config.contract if found is not None else None
    return contract.port if contract is not None else 8080


def _filled(seen: Seen, curl: str) -> str:
    return curl.replace("{address}", address(seen))


def _start(seen: Seen, flags: str, command: str = "") -> str:
    opened = seen.record.opened
    subject = shlex.quote(opened.subject)
    if opened.kind == Kind.PACKAGE:
        return f"hitless serve {subject}"
    if opened.kind != Kind.IMAGE or opened.is_file:
        return ""
    return " ".join(part for part in ("docker run", flags, subject, command) if part)


def _in_background(seen: Seen) -> str | None:
    """A line, or nothing for what runs already; None for what cannot be started so."""
    if seen.record.opened.kind == Kind.SERVICE:
        return ""
    port = _port(seen)
    start = _start(seen, f"-d --name {_NAME} -p {port}:{port}")
    if not start:
        return None
    return f"{start} &\n" if seen.record.opened.kind == Kind.PACKAGE else f"{start}\n"
