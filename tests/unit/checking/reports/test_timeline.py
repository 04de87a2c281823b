"""What the pictures show: lanes, outcomes, marks, idle times; and that they are drawn inside of their frames."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from tests.unit.checking import sample_records as samples

from hitless.checking.events import Closed, Ended, Exchange, Exited, Failure, Noted, Signalled, Stage
from hitless.checking.probes import purposes
from hitless.checking.record import Entry
from hitless.checking.reports import timeline
from hitless.checking.reports.timeline import Kind, Lane, Timeline
from hitless.checking.reports.timeline_svg import MOST_DRAWN, WIDTH, draw, draw_idle, told
from hitless.spec.profiles import DEFAULT, PROFILES


def asked(purpose: str = "x", *, connection: int = 1, nth: int = 1, at_s: float = 6.0, stage: Stage = Stage.STOP,
          status: int = 200, failure: Failure | None = None, headers: tuple[tuple[str, str], ...] = (),
          instance: str = "a") -> Exchange:  # fmt: skip
    return Exchange(
        stage=stage, at_s=at_s, until_s=at_s + 0.1, purpose=purpose, instance=instance, connection=connection, nth=nth,
        status=0 if failure else status, failure=failure, headers=headers,
    )  # fmt: skip


TERM = Signalled(stage=Stage.STOP, at_s=5.0, instance="a", number=15)


def stop_of(*entries: Entry, profile: str = "2024-09") -> Timeline:
    found = timeline.of_stop(samples.record(*entries), PROFILES[profile])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        pytest.param(asked(), Kind.ANSWERED, id="answered"),
        pytest.param(asked(status=404), Kind.ANSWERED, id="refused-by-the-service"),
        pytest.param(asked(headers=(("connection", "Close"),)), Kind.CLOSING, id="told-to-close"),
        pytest.param(asked(status=503), Kind.ERROR, id="error"),
        pytest.param(asked(failure=Failure.RESET), Kind.FAILED, id="failed"),
    ],
)
def test_outcomes(exchange: Exchange, kind: Kind) -> None:
    assert timeline.kind_of(exchange) is kind


@pytest.mark.parametrize(
    ("purpose", "nth", "lane"),
    [
        pytest.param(purposes.POOLED, 1, timeline.POOLED, id="pooled"),
        pytest.param(purposes.FRESH, 1, timeline.FRESH, id="new"),
        pytest.param(purposes.PULSE, 1, timeline.HEALTH, id="health"),
        pytest.param(purposes.SLOW, 1, timeline.OTHERS, id="slow"),
        pytest.param("of another version", 2, timeline.POOLED, id="unknown-used-again"),
        pytest.param("of another version", 1, timeline.FRESH, id="unknown"),
    ],
)
def test_lanes(purpose: str, nth: int, lane: str) -> None:
    assert [one.name for one in stop_of(asked(purpose, nth=nth)).lanes] == [lane]


def test_time_counts_from_sigterm() -> None:
    found = stop_of(TERM, asked(at_s=6.0), Exited(stage=Stage.STOP, at_s=8.0, instance="a", code=0))
    assert found.lanes[0].dots[0].at_s == 1.0
    assert [(mark.at_s, mark.name) for mark in found.marks] == [
        (0.0, "SIGTERM"), (3.0, "exit 0"), (60, "60 s: it still accepts"), (90, "90 s: it has left")
    ]  # fmt: skip


def test_an_edition_without_times_has_no_limits() -> None:
    assert not [mark for mark in stop_of(TERM, asked(), profile="intl-2023").marks if mark.limit]


def test_changes_of_health_are_marked() -> None:
    beats = [asked(purposes.PULSE, at_s=at_s, status=status) for at_s, status in ((4, 200), (6, 503), (8, 503))]
    gone = asked(purposes.PULSE, at_s=10, failure=Failure.REFUSED)
    names = [mark.name for mark in stop_of(TERM, *beats, gone).marks if not mark.limit]
    assert names == ["SIGTERM", "health 503", "health silent"]


def test_what_is_marked_already_is_not_noted_again() -> None:
    whats = (purposes.SIGTERM_SENT, purposes.LOAD_ENDED, purposes.LISTENING)
    noted = [Noted(stage=Stage.STOP, at_s=5.0, what=what) for what in whats]
    names = [mark.name for mark in stop_of(TERM, asked(), *noted).marks if not mark.limit]
    assert names == ["SIGTERM", purposes.LOAD_ENDED]


def test_what_is_sent_until_it_is_ready_is_not_drawn() -> None:
    asked_before = [asked(purpose, status=503) for purpose in (purposes.START_HEALTH, purposes.TRIED)]
    assert sum(len(lane.dots) for lane in stop_of(*asked_before, asked(purposes.FRESH)).lanes) == 1


def test_several_instances_are_named() -> None:
    old, new = asked(stage=Stage.ROLLOUT, instance="old"), asked(stage=Stage.ROLLOUT, instance="new", at_s=7)
    left = Exited(stage=Stage.ROLLOUT, at_s=9.0, instance="old", code=0)
    found = timeline.of_rollout(samples.record(old, new, left))
    assert found is not None
    assert [mark.name for mark in found.marks] == ["exit 0 (old)"]


def test_nothing_sent_is_no_picture() -> None:
    ended = Ended(stage=Stage.STOP, at_s=1.0)
    assert timeline.of_stop(samples.record(ended), DEFAULT) is None
    assert timeline.of_rollout(samples.record()) is None
    assert timeline.idle_connections(samples.record(), 200) == ()


def test_idle_times_with_what_came_of_them() -> None:
    def on(connection: int, after_s: float, failure: Failure | None = None) -> list[Entry]:
        stage = Stage.KEEP_ALIVE
        return [
            asked(connection=connection, at_s=0, stage=stage),
            asked(connection=connection, nth=2, at_s=after_s + 0.1, stage=stage, failure=failure),
        ]

    closed = [
        Closed(stage=Stage.KEEP_ALIVE, at_s=1, instance="a", connection=number, idle_s=idle_s, reset=number == 9)
        for number, idle_s in ((8, 75.2), (9, 240.0))
    ]
    record = samples.record(*on(1, 201), *on(2, 201), *on(3, 60, Failure.RESET), *closed)
    assert [(one.idle_s, one.count, one.good, one.what) for one in timeline.idle_connections(record, 200)] == [
        (240, 1, True, "reset by the subject"),
        (201, 2, True, "answered"),
        (75, 1, False, "closed by the subject"),
        (60, 1, False, "the next request was reset"),
    ]


def places(svg: str) -> list[float]:
    root = ElementTree.fromstring(svg)
    return [float(value) for element in root.iter() for name in ("x", "x1", "x2") if (value := element.get(name))]


def test_the_picture_has_every_request_within_its_frame() -> None:
    found = timeline.of_stop(samples.report().record, DEFAULT)
    assert found is not None
    svg = draw(found, "t")
    assert all(0 <= x <= WIDTH for x in places(svg))
    assert len(re.findall(r'class="failed"', svg)) == sum(lane.counts[Kind.FAILED] for lane in found.lanes)
    strokes = sum(len(re.findall("M", path)) for path in re.findall(r'class="(?:good|closing|error)" d="([^"]*)"', svg))
    assert strokes == sum(1 for lane in found.lanes for dot in lane.dots if dot.kind is not Kind.FAILED)
    assert all(
        word in svg for word in ("SIGTERM", "60 s: it still accepts", "90 s: it has left", "exit 0", "health 503")
    )


def test_of_very_many_requests_every_nth_is_drawn_and_each_failure() -> None:
    many = [asked(purposes.FRESH, connection=n, at_s=n / 1000) for n in range(3 * MOST_DRAWN)]
    svg = draw(stop_of(*many, asked(purposes.FRESH, failure=Failure.RESET)), "t")
    assert "1 of 3 drawn" in svg
    assert svg.count('class="failed"') == 1
    assert len(svg) < 200_000


def test_the_picture_of_idle_connections() -> None:
    idle = timeline.idle_connections(samples.record(*samples.keep_alive()), 200)
    svg = draw_idle(idle, 200, "t")
    assert "50 connections" in svg
    assert "201 s, answered" in svg
    assert "75 s, closed by the subject" in svg
    assert all(0 <= x <= WIDTH for x in places(svg))
    assert "limit" not in draw_idle(idle, None, "t")


def test_a_lane_in_words() -> None:
    dots = [dot for lane in stop_of(asked(), asked(failure=Failure.RESET)).lanes for dot in lane.dots]
    assert told(Lane("x", tuple(dots))) == "2 requests: 1 answered, 1 failed"
    assert told(Lane("x", tuple(dots[:1]))) == "1 request: 1 answered"
