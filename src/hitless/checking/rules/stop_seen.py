"""What the rules of a stop start from: the stop, or their answer where there is none to judge; evidence, commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hitless.checking import again
from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.purposes import LOAD
from hitless.checking.rule import Seen
from hitless.checking.starts import ended_alone
from hitless.checking.stopping import Stopped, stopped, told
from hitless.checking.verdict import Evidence, Verdict, not_applicable, passed, unproven

EARLY_IS_FINE = frozenset({"otc"})  # its page, 2025-08: stopping earlier is acceptable if every request is processed
DEAF = "it does not react to SIGTERM at all (HL801)"
EARLY = "it left before the linger was over (HL802)"


def stop_of(seen: Seen) -> Stopped | Verdict:
    """A verdict where the edition gives no times, or no SIGTERM was sent."""
    linger_s, deadline_s = seen.profile.linger_s, seen.profile.deadline_s
    if linger_s is None or deadline_s is None:
        return not_applicable("this edition does not say how a container stops")
    if ended_alone(seen.record) is not None:
        return unproven("it also ends without being told to (HL505)")
    stop = stopped(seen.record, linger_s, deadline_s)
    return unproven("no SIGTERM was sent") if stop is None else stop


def linger_of(seen: Seen) -> Stopped | Verdict:
    """As stop_of, for what can only be judged of a subject that lingers."""
    stop = stop_of(seen)
    if isinstance(stop, Stopped) and stop.left_early:
        if seen.profile.name in EARLY_IS_FINE:
            return not_applicable("it left before the linger was over, which this edition accepts")
        return unproven(EARLY)
    return stop


def whole(stop: Stopped, message: str, *evidence: Evidence) -> Verdict:
    """Passed, if it was watched until the linger was over."""
    return unproven(stop.incomplete) if stop.incomplete else passed(message, *evidence)


def evidence_of(stop: Stopped, lost: Sequence[Exchange]) -> tuple[Evidence, ...]:
    """SIGTERM, the first few lost requests, how many more, the exit."""
    shown = told(lost, stop.at_s)
    lines = [Evidence("SIGTERM was sent", stop.at_s, Stage.STOP.value)]
    lines += [Evidence(text, at_s, Stage.STOP.value) for at_s, text in shown]
    if len(lost) > len(shown):
        lines.append(Evidence(f"and {len(lost) - len(shown):,} more"))
    if stop.left is not None:
        text = f"it left with code {stop.left.code}, {stop.exit_s:.2f} s after SIGTERM"
        lines.append(Evidence(text, stop.left.at_s, Stage.STOP.value))
    return tuple(lines)


def last_signs(stop: Stopped) -> tuple[Evidence, ...]:
    """What was last seen of one that did not leave: its first line after SIGTERM, its last answer, its exit."""
    lines = list(evidence_of(stop, ()))
    lines[1:1] = [Evidence(f"it wrote: {line.line[:200]}", line.at_s, Stage.STOP.value) for line in stop.lines[:2]]
    answers = [one for one in stop.exchanges if one.status and one.at_s >= stop.at_s]
    if answers:
        last = answers[-1]
        text = f"{last.at_s - stop.at_s:.1f} s after SIGTERM, {last.method} {last.path}: status {last.status}"
        lines.append(Evidence(text, last.at_s, Stage.STOP.value))
    return tuple(lines)


def kinds_of(lost: Sequence[Exchange]) -> str:
    """Such as `12 refused, 1 cut short`."""
    counts = Counter(one.failure.value if one.failure else f"status {one.status}" for one in lost)
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())


def percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def commands(seen: Seen, stage: Stage = Stage.STOP) -> str:
    """For a shell: the subject, requests to it without a pause, and SIGTERM."""
    sent = next((one.curl for one in seen.all(Exchange, stage) if one.purpose in LOAD and one.curl), "")
    return again.stopped(seen, sent or "curl -sS http://{address}/")
