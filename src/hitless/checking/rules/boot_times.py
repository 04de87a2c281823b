"""HL322, HL323: how long the boot script goes on after SIGTERM: long enough, and not too long."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.boot_subject import boot_seen, line_of, options_elsewhere
from hitless.checking.shell.boot import Boot
from hitless.checking.shell.reaction import Reaction, reaction_of
from hitless.checking.shell.servers import KINDS, UNKNOWN, Kind
from hitless.checking.verdict import Verdict, failed, not_applicable, passed, unproven


@rule(
    "HL322",
    "EXIT-4",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    gunicorn --graceful-timeout 25 app:app
    """,
    bad="""
    stop() { sleep 60; kill -TERM "$server"; wait "$server"; }    # 60 s, and the 30 s of gunicorn
    """,
    good="""
    gunicorn --graceful-timeout 25 app:app &    # 60 + 25 < 90
    """,
)
def leaves_in_time(seen: Seen) -> Verdict:
    """The sleep of the trap and the server's own patience stay below the deadline together.

    After `sleep 60` gunicorn gives its requests another 30 s unless it is told otherwise: 90 s, with no margin, and the
    platform may kill it in the middle of an answer. `--graceful-timeout 25` leaves five seconds.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    deadline_s, delay_s = seen.profile.deadline_s, boot.delay_s
    if deadline_s is None:
        return not_applicable("this edition states no deadline")
    kind, patience_s = _patience(boot)
    if patience_s is None or kind is UNKNOWN or reaction_of(boot) not in _TELLS:
        return not_applicable("no server whose patience is known is told to end")
    if delay_s is None:
        return unproven("how long the trap sleeps is not known")
    total_s = delay_s + patience_s
    if not boot.server.option(kind.graceful)[0] and options_elsewhere(seen, boot):
        return unproven("the server's graceful timeout is not said here; a file or the environment may say it")
    if total_s < deadline_s:
        return passed(f"{delay_s:g} s and at most {patience_s:g} s are below {deadline_s} s")
    line = boot.on_term.line if boot.on_term is not None else boot.step.line
    return failed(
        f"it may take {total_s:g} s to leave",
        line_of(boot, line),
        expected=f"less than {deadline_s} s",
        actual=f"a sleep of {delay_s:g} s, and {patience_s:g} s of {kind.name}'s graceful timeout",
    )


_TELLS = frozenset({Reaction.SERVER, Reaction.TRAPPED, Reaction.NOTHING, Reaction.LATE})


def _patience(boot: Boot) -> tuple[Kind, float | None]:
    """How long the server lets its requests finish. A script that starts none may still tell which it means, by the
    name of the variable that it signals."""
    if boot.index is None:
        trap = boot.on_term
        names = [name for _, kill in trap.kills() for name in kill.names] if trap is not None else []
        kind = next((kind for kind in KINDS.values() for name in names if kind.name in name.lower()), UNKNOWN)
        return kind, kind.graceful_s
    kind = boot.server.kind
    given, value = boot.server.option(kind.graceful)
    if given:
        return kind, float(value) if value is not None and value.isdigit() else None
    return kind, kind.graceful_s


@rule(
    "HL323",
    "EXIT-2",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    stop() { sleep 60; kill -TERM "$server"; }
    """,
    bad="""
    stop() { sleep 10; kill -TERM "$server"; }
    """,
    good="""
    stop() { sleep 60; kill -TERM "$server"; }
    """,
)
def goes_on_before_it_leaves(seen: Seen) -> Verdict:
    """The server is told to leave only when no request comes any more.

    Requests arrive until the routes are updated, 60 s by the specification. gunicorn, uvicorn and their like accept
    nothing from the moment of SIGTERM, so whoever gets the signal first has to wait for as long.
    """
    boot = boot_seen(seen)
    if isinstance(boot, Verdict):
        return boot
    linger_s, reaction, delay_s = seen.profile.linger_s, reaction_of(boot), boot.delay_s
    if linger_s is None:
        return not_applicable("this edition states no time to go on")
    if reaction not in (Reaction.SERVER, Reaction.TRAPPED):
        return not_applicable(f"on SIGTERM {reaction}")
    delay_s = 0.0 if reaction is Reaction.SERVER else delay_s
    if delay_s is None:
        return unproven("how long the trap sleeps is not known")
    if delay_s >= linger_s:
        return passed(f"the trap sleeps {delay_s:g} s first")
    kind = boot.server.kind
    if delay_s == 0 and not kind.leaves_at_once:
        return not_applicable("the server is told at once, and may itself go on")
    line = boot.step.line if reaction is Reaction.SERVER or boot.on_term is None else boot.on_term.line
    return failed(
        f"the server is told to leave {delay_s:g} s after SIGTERM",
        line_of(boot, line),
        expected=f"{linger_s} s in which it still accepts",
        actual=f"{delay_s:g} s, and then {kind.name or 'it'} accepts no more",
    )
