"""The start of the subject: HL501 to HL506. Every fault is the failure of one rule.

| what the subject does                                | fails |
|------------------------------------------------------|-------|
| ends before it is ready                              | HL501 |
| listens on no port, or on another one                | HL502 |
| listens on its loopback only                         | HL503 |
| listens, and is not ready within its time            | HL504 |
| is ready, and ends without having been asked amiss   | HL505 |
"""

from __future__ import annotations

import re

from hitless.checking import again
from hitless.checking.events import Begun, Exchange, Logged, Noted, Stage
from hitless.checking.probes.purposes import ELSEWHERE, LISTENS, START_API, START_HEALTH, STAYED
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import LAST_LINES, Started, allowed_s, ended_alone, first_start, shown, start_probe
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven

_LITTLE = 0.8  # of the time that a start may take; beyond it, a slower node is too slow
_ENDED = "it ended before it was ready (HL501)"
_DEAF = "it does not listen on the declared port (HL502, HL503)"


def _start(seen: Seen) -> Started:
    return first_start(seen.record, Stage.START)


@rule(
    "HL501", "API-2", Level.MUST, Stage.START,
    fix="""
    # give what the program needs a default in the image, and start it in the foreground
    ENV MODEL_DIR=/home/model
    CMD ["sh", "/home/run.sh"]
    """,
    bad="""
    model = load(os.environ["MODEL_DIR"])   # nobody sets it on the platform: KeyError, exit code 1
    """,
    good="""
    model = load(os.environ.get("MODEL_DIR", "/home/model"))
    """,
)  # fmt: skip
def starts_with_what_it_declares(seen: Seen) -> Verdict:
    """The service starts with nothing but the environment that its image declares.

    The platform starts the container by its own command. It sets no variable that an image could count on, and it
    restarts what ends ("Back-off restarting"), so a process that needs a flag, a variable or a mounted folder that only
    its author knows never gets ready. Here it is started the same way: its own command, its own environment.
    """
    one = _start(seen)
    if not one.ended_before_it_was_ready:
        return passed("it runs")
    return failed(
        f"it ended with code {one.code} after {one.exited_s:.1f} s, before it answered a request",
        *one.last_words(),
        expected="it runs until it is told to leave",
        actual=f"exit code {one.code} after {one.exited_s:.1f} s",
        reproduce=again.started(seen),
    )


@rule(
    "HL502", "API-2", Level.MUST, Stage.START,
    fix="""
    {"model_type": "Image", "port": 8080, …}      # config.json: the port on which the server listens
    gunicorn --bind 0.0.0.0:8080 app:app
    """,
    bad="""
    app.run(host="0.0.0.0", port=5000)   # and config.json says, or leaves it at, 8080
    """,
    good="""
    app.run(host="0.0.0.0", port=8080)
    """,
)  # fmt: skip
def listens_on_its_port(seen: Seen) -> Verdict:
    """The service listens on the port that its config.json declares.

    Requests and health checks go to this port, 8080 where none is declared. A service that listens on another one stays
    "deploying" with a clean log until the platform gives it up.
    """
    one, port = _start(seen), seen.contract.port
    if one.listening_s is not None:
        return passed(f"port {port} took connections {one.listening_s:.1f} s after the start")
    if one.ended_before_it_was_ready:
        return not_applicable(_ENDED)
    elsewhere = _elsewhere(seen, port)
    if not elsewhere and _on_loopback(seen, one, port):
        return not_applicable("it listens on its loopback only (HL503)")
    if one.incomplete and not elsewhere:
        return unproven(one.incomplete)
    where = f"it listens on {', '.join(elsewhere)}" if elsewhere else "nothing listens there"
    return failed(
        f"no connection could be made to port {port}: {where}",
        *one.last_words(),
        expected=f"a server on 0.0.0.0:{port}",
        actual=where if elsewhere or _sockets(seen) else f"{where} that can be seen from outside",
        reproduce=again.asked(seen, "curl -v http://{address}/"),
    )


@rule(
    "HL503", "API-2", Level.MUST, Stage.START,
    fix="""
    uvicorn app:app --host 0.0.0.0 --port 8080
    """,
    bad="""
    uvicorn app:app --port 8080          # binds 127.0.0.1
    """,
    good="""
    uvicorn app:app --host 0.0.0.0 --port 8080
    """,
)  # fmt: skip
def listens_on_its_own_address(seen: Seen) -> Verdict:
    """The service listens on the container's own address, not only on its loopback.

    `127.0.0.1` inside a container is reached from inside only. Most development servers bind it by default; they answer
    on the laptop of their author and nobody else. Bind 0.0.0.0.
    """
    one, port = _start(seen), seen.contract.port
    if one.listening_s is not None:
        if one.own:
            return passed("it was reached at its own address")
        return unproven(f"it was reached through this machine ({one.where}), not at an address of its own")
    evidence = _on_loopback(seen, one, port)
    if one.ended_before_it_was_ready or not evidence or _elsewhere(seen, port):
        return not_applicable(_ENDED if one.ended_before_it_was_ready else "it does not listen on its port (HL502)")
    return failed(
        "it listens on its loopback only",
        *evidence[:3],
        expected=f"a server on 0.0.0.0:{port}",
        actual=f"no connection to port {port} of its own address, and the loopback where it listens",
        reproduce=again.asked(seen, "curl -v http://{address}/"),
    )


def _noted(seen: Seen, what: str) -> list[str]:
    return [noted.detail for noted in seen.all(Noted, Stage.START) if noted.what == what]


def _sockets(seen: Seen) -> list[tuple[str, int]]:
    """(address, port) of those that listen inside, as far as an engine tells."""
    found = (text.rpartition(":") for text in _noted(seen, LISTENS))
    return [(address, int(port)) for address, _, port in found]


def _elsewhere(seen: Seen, port: int) -> list[str]:
    """Other ports, where it listens not only on its loopback; none where it also listens on the declared one."""
    sockets = _sockets(seen)
    if any(other == port for _, other in sockets):
        return []
    others = {str(other) for address, other in sockets if not _is_loopback(address)}
    return sorted(others.union(_noted(seen, ELSEWHERE)))


def _on_loopback(seen: Seen, one: Started, port: int) -> list[Evidence]:
    """What shows that it listens there alone: its sockets; where nobody tells them, its log."""
    sockets = _sockets(seen)
    if not sockets:
        lines = _loopback_lines(one, port)
        return [Evidence(f"log: {line.line}", line.at_s, line.stage.value) for line in lines]
    here = [address for address, other in sockets if other == port]
    is_alone = all(map(_is_loopback, here))
    return [Evidence(f"socket: {address}:{port}", None, Stage.START.value) for address in here if is_alone]


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _loopback_lines(one: Started, port: int) -> list[Logged]:
    words = re.compile(rf"(127\.0\.0\.1|localhost|\[::1\])\W{{1,12}}(port\W*)?{port}\b", re.IGNORECASE)
    return [line for line in one.lines if words.search(line.line)]


@rule(
    "HL504", "API-2", Level.MUST, Stage.START,
    fix="""
    # config.json: the start may take delay + (threshold - 1) × period seconds
    "health": {"check_method": "HTTP", "protocol": "http", "url": "/health", "initial_delay_seconds": "12",
               "timeout_seconds": "30", "period_seconds": "5", "failure_threshold": "40"}
    """,
    bad="""
    "initial_delay_seconds": "12", "period_seconds": "5", "failure_threshold": "12"     # a model that loads for 90 s
    """,
    good="""
    "initial_delay_seconds": "60", "period_seconds": "5", "failure_threshold": "12"
    """,
)  # fmt: skip
def is_ready_in_time(seen: Seen) -> Verdict:
    """The service is ready within the time that its health check allows.

    While a service is deployed, `failure_threshold` failures in a row make it abnormal: with the console's defaults
    that is 12 + 11 × 5 = 67 s after the start. A model that takes longer to load needs a longer delay or more failures.
    """
    one, contract = _start(seen), seen.contract
    allowed = allowed_s(contract, seen.profile.deploy_timeout_s)
    if one.ended_before_it_was_ready or one.listening_s is None:
        return not_applicable(_ENDED if one.ended_before_it_was_ready else _DEAF)
    is_late = one.answering_s is not None and one.answering_s > allowed
    if start_probe(contract) is not None and one.healthy_s is None and one.is_ready and not is_late:
        return not_applicable("its api answers and its health check does not (HL651)")
    took = one.answering_s if start_probe(contract) is None or one.answering_s is None else one.healthy_s
    if took is not None and took <= allowed:
        return passed(f"it was ready after {took:.1f} s, of {allowed:.0f} s that it may take")
    if took is None and one.incomplete:
        return unproven(one.incomplete)
    asked = [ask for ask in seen.all(Exchange, Stage.START) if ask.purpose in (START_HEALTH, START_API)]
    return failed(
        f"it took {took:.1f} s" if took is not None else _not_ready(one),
        *map(shown, asked[-2:]),
        *one.last_words(),
        expected=f"ready within {allowed:.0f} s",
        actual=f"ready after {took:.1f} s" if took is not None else "never ready while it was watched",
        reproduce=again.started(seen),
    )


def _not_ready(one: Started) -> str:
    if one.healthy_s is None:
        return "it listens, and did not get ready"
    return f"its health check was positive after {one.healthy_s:.1f} s, and its api did not answer"


@rule(
    "HL505", "API-2", Level.MUST, Stage.START,
    fix="""
    # /home/run.sh: the server is what the script waits for
    gunicorn --bind 0.0.0.0:8080 app:app &
    wait "$!"
    """,
    bad="""
    gunicorn --daemon app:app      # run.sh ends, and the container with it
    """,
    good="""
    exec gunicorn --bind 0.0.0.0:8080 app:app
    """,
)  # fmt: skip
def stays_up(seen: Seen) -> Verdict:
    """The service runs on while nobody asks anything of it, and while it is asked what it promises.

    A container that ends by itself is restarted, and what it had received is lost each time. All instances that are
    watched count, such as the one whose connections are idle for minutes.
    """
    one = _start(seen)
    if not one.is_ready:
        return not_applicable("it did not get ready")
    alone = ended_alone(seen.record)
    if alone is not None:
        begun = next(begun for begun in seen.all(Begun, alone.stage) if begun.instance == alone.instance)
        after_s, stage = alone.at_s - begun.at_s, alone.stage.value
        said = [line for line in seen.all(Logged, alone.stage) if line.instance == alone.instance]
        return failed(
            f"it ended with code {alone.code}, {after_s:.1f} s after its start",
            *(Evidence(f"log: {line.line}", line.at_s, stage) for line in said[-LAST_LINES:]),
            Evidence(f"the instance {alone.instance!r} ended, and nobody had told it to", alone.at_s, stage),
            expected="it runs until it is told to leave",
            actual=f"exit code {alone.code} after {after_s:.1f} s",
            reproduce=again.started(seen),
        )
    if one.exited_s is not None:
        return not_applicable("it ended at a request, which is told there (HL601 to HL612)")
    return passed(f"it ran for as long as it was watched, {_stayed(seen)} s of that without a request")


def _stayed(seen: Seen) -> str:
    return next((noted.detail for noted in seen.all(Noted, Stage.START) if noted.what == STAYED), "0")


@rule(
    "HL506", "API-2", Level.INFO, Stage.START,
    fix="""
    "failure_threshold": "24"      # config.json: twice the time to start
    """,
    bad="""
    "failure_threshold": "12"      # 67 s for a model that loads within 60 s here
    """,
    good="""
    "failure_threshold": "24"      # 127 s
    """,
)  # fmt: skip
def starts_with_room(seen: Seen) -> Verdict:
    """The start leaves a fifth of its time over.

    Nodes of the platform are not the machine of this check: a start that just fits here does not fit there. The message
    tells the time to the first answer.
    """
    one = _start(seen)
    took = one.ready_s if one.ready_s is not None else one.answering_s
    if took is None:
        return not_applicable("it did not get ready")
    allowed = allowed_s(seen.contract, seen.profile.deploy_timeout_s)
    message = f"the first answer came {took:.1f} s after the start, of {allowed:.0f} s that it may take"
    if took <= _LITTLE * allowed or took > allowed:
        return passed(message)
    return failed(message, expected=f"at most {_LITTLE * allowed:.0f} s", actual=f"{took:.1f} s")
