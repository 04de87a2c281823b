"""What is measured and not judged, on hand-made records."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.checking.rules import start_records
from tests.unit.checking.rules.dynamic_records import OPENED_LINE, idle, stop, upgrade

from hitless.checking.probes.purposes import PULSE
from hitless.checking.record import Record
from hitless.checking.rule import Purpose, Seen
from hitless.checking.rules.figures import figures
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

LAZY = ((5, True), (30, False), (120, False), (198, False), (201, False), (210, False))  # ended, but only seen in use


def told(record: Record, profile: Profile = DEFAULT) -> dict[str, str]:
    return figures(Seen(record, profile, Purpose.HITLESS))


def test_what_was_not_looked_at_is_left_out() -> None:
    assert told(Record(OPENED_LINE, ())) == {}


def test_of_a_start() -> None:
    assert figures(start_records.seen(*start_records.start())) == {
        "first answer": "3.1 s after the start",
        "memory": "at most 90 MiB",
    }


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (idle(), "kept for more than 210.0 s"),
        (idle(closes_at=65.0), "ended after 65.0 s; after 5.0 s one was still good"),
        (idle(LAZY), "ended after 30.0 s; after 5.0 s one was still good"),
    ],
    ids=["never", "seen", "bracketed"],
)
def test_of_idle_connections(found: Record, message: str) -> None:
    assert told(found) == {"an idle connection": message}


def test_of_a_stop() -> None:
    assert told(stop()) == {
        "exit": "61.0 s after SIGTERM",
        "health while it leaves": "status 503 from 0.5 s after SIGTERM on",
    }
    assert told(stop(health_turns=False))["health while it leaves"] == "positive for as long as it answers"
    unasked = stop(lambda one: None if one.purpose == PULSE else one)
    assert list(told(unasked)) == ["exit"]
    assert told(stop(), PROFILES["intl-2023"]) == {}


def test_of_an_upgrade() -> None:
    assert told(upgrade()) == {"latency in an upgrade": "p99 10 ms before it, 10 ms during it"}
    slow = upgrade(lambda one: msgspec.structs.replace(one, until_s=one.at_s + 2) if 9 <= one.at_s < 20 else one)
    assert told(slow) == {"latency in an upgrade": "p99 10 ms before it, 2000 ms during it, at worst 2.0 s"}
