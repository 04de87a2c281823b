"""What was measured and nobody demands: figures beside the verdicts. Pure, like the rules.

Only what was looked at is told; a figure that cannot be told is left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from hitless.checking.events import Exchange, Measured, Noted, Stage
from hitless.checking.probes.purposes import IDLE, LOAD, OPENED, SWAP_BEGAN
from hitless.checking.rule import Seen
from hitless.checking.rules.keep_alive import idled
from hitless.checking.rules.stop_seen import stop_of
from hitless.checking.starts import first_start
from hitless.checking.stopping import Stopped
from hitless.checking.verdict import Verdict

_HUMP_S = 1.0  # a latency that is worth words, and beyond what a busy machine makes


def figures(seen: Seen) -> dict[str, str]:
    """By what they are of, in the order of a container's life."""
    return dict(_figures(seen))


def _figures(seen: Seen) -> Iterator[tuple[str, str]]:
    for name, (stage, told) in _FIGURES.items():
        with contextlib.suppress(LookupError, ValueError, ArithmeticError):  # a record may come from anybody
            if not seen.record.missing(stage) and (text := told(seen)):
                yield name, text


def _first_answer(seen: Seen) -> str:
    start = first_start(seen.record, Stage.START)
    took = start.ready_s if start.ready_s is not None else start.answering_s
    return "" if took is None else f"{took:.1f} s after the start"


def _memory(seen: Seen) -> str:
    found = [one.value for one in seen.all(Measured, Stage.START) if one.name == "memory_bytes"]
    return f"at most {max(found) / (1 << 20):,.0f} MiB" if found else ""


def _idle(seen: Seen) -> str:
    singles = idled(seen, OPENED, IDLE)
    if not singles:
        return ""
    good = max((one.idle_s for one in singles if one.is_good), default=0.0)
    bad = min((one.idle_s for one in singles if not one.is_good), default=None)
    if bad is None:
        return f"kept for more than {good:.1f} s"
    return f"ended after {bad:.1f} s; after {good:.1f} s one was still good"


def _exit(seen: Seen) -> str:
    stop = stop_of(seen)
    return f"{stop.exit_s:.1f} s after SIGTERM" if isinstance(stop, Stopped) and stop.exit_s is not None else ""


def _health(seen: Seen) -> str:
    stop = stop_of(seen)
    if isinstance(stop, Verdict) or not stop.pulses_before:
        return ""
    turned = stop.turned
    if turned is None or (stop.exit_s is not None and turned.at_s > stop.at_s + stop.exit_s):
        return "positive for as long as it answers"
    what = turned.failure.value if turned.failure else f"status {turned.status}"
    return f"{what} from {turned.at_s - stop.at_s:.1f} s after SIGTERM on"


def _latency(seen: Seen) -> str:
    begun = next((one for one in seen.all(Noted, Stage.ROLLOUT) if one.what == SWAP_BEGAN), None)
    load = [one for one in seen.all(Exchange, Stage.ROLLOUT) if one.purpose in LOAD and one.status]
    before = [one.until_s - one.at_s for one in load if begun and one.until_s < begun.at_s]
    during = [one.until_s - one.at_s for one in load if begun and one.until_s >= begun.at_s]
    if not before or not during:
        return ""
    words = f"p99 {1000 * _p99(before):.0f} ms before it, {1000 * _p99(during):.0f} ms during it"
    return words + (f", at worst {max(during):.1f} s" if max(during) > _HUMP_S else "")


def _p99(seconds: Sequence[float]) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


_FIGURES: Mapping[str, tuple[Stage, Callable[[Seen], str]]] = {
    "first answer": (Stage.START, _first_answer),
    "memory": (Stage.START, _memory),
    "an idle connection": (Stage.KEEP_ALIVE, _idle),
    "exit": (Stage.STOP, _exit),
    "health while it leaves": (Stage.STOP, _health),
    "latency in an upgrade": (Stage.ROLLOUT, _latency),
}
