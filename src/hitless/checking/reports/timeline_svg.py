"""Draws a timeline, or idle connections, as SVG for the page; its style sheet gives the colours.

Outcomes differ in shape as well as in colour. What went well is one path for all, so that a thousand requests stay
small; each failure has its own words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from hitless.checking.reports.telling import cut, in_one_line
from hitless.checking.reports.timeline import Dot, Idle, Kind, Lane, Mark, Timeline

WIDTH, LEFT, RIGHT = 1000.0, 120.0, 16.0
ROW, MOST_ROWS = 8.0, 12
MARK_ROW = 15.0  # a line of the names above
MOST_DRAWN = 4_000  # requests that went well, of one lane; of more, every nth is drawn
MOST_FAILURES = 500
APART_S = 0.6  # of two requests in one row, at the scale of a hundred seconds
_LABEL = 120  # characters
_CHARACTER = 6.2  # pixels, at 11
CLASSES = {Kind.ANSWERED: "good", Kind.CLOSING: "closing", Kind.ERROR: "error", Kind.FAILED: "failed"}


class Scale:
    """Seconds → pixels from the left."""

    def __init__(self, from_s: float, to_s: float) -> None:
        self.from_s = from_s
        self.span_s = max(to_s - from_s, 0.001)

    def __call__(self, at_s: float) -> float:
        return LEFT + (at_s - self.from_s) / self.span_s * (WIDTH - LEFT - RIGHT)


def draw(timeline: Timeline, title: str) -> str:
    """An <svg> element that stands in a page."""
    margin = (timeline.to_s - timeline.from_s) * 0.02
    scale = Scale(timeline.from_s - margin, timeline.to_s + margin)
    names, top = _names(timeline.marks, scale)
    body, y = [], top + 6
    for lane in timeline.lanes:
        part, height = _lane(lane, scale, y)
        body.append(part)
        y += height + 12
    lines = "".join(_line(_class(mark), scale(mark.at_s), line, y) for mark, line in names)
    words = "".join(_word(mark, line, scale) for mark, line in names)
    summary = "; ".join(f"{lane.name}: {told(lane)}" for lane in timeline.lanes)
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {y + 24:.0f}" role="img" aria-label="{escape(f"{title}. {summary}")}">'
        f"{lines}{''.join(body)}{words}{_axis(scale, y)}</svg>"
    )


def _line(kind: str, x: float, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def told(lane: Lane) -> str:
    """`412 requests: 400 answered, 12 failed`."""
    counts = ", ".join(f"{count:,} {kind}" for kind in Kind if (count := lane.counts[kind]))
    return f"{_requests(lane)}: {counts}"


def _requests(lane: Lane) -> str:
    return f"{len(lane.dots):,} request{'' if len(lane.dots) == 1 else 's'}"


def _class(mark: Mark) -> str:
    return "limit" if mark.limit else "mark"


def _names(marks: Sequence[Mark], scale: Scale) -> tuple[list[tuple[Mark, float]], float]:
    """Each mark with the line that its name stands on, so that none covers another; and where they end."""
    ends: list[float] = []
    placed = []
    for mark in marks:
        begin, end = _extent(mark, scale)
        row = next((number for number, taken in enumerate(ends) if taken < begin), len(ends))
        ends[row : row + 1] = [end]
        placed.append((mark, (row + 1) * MARK_ROW))
    return placed, len(ends) * MARK_ROW


def _extent(mark: Mark, scale: Scale) -> tuple[float, float]:
    x, length = scale(mark.at_s), len(_shown(mark)) * _CHARACTER + 8
    return (x - length, x) if _is_at_the_right(mark, scale) else (x, x + length)


def _is_at_the_right(mark: Mark, scale: Scale) -> bool:
    return scale(mark.at_s) + len(_shown(mark)) * _CHARACTER + 8 > WIDTH


def _shown(mark: Mark) -> str:
    return cut(in_one_line(mark.name), 48)


def _word(mark: Mark, line: float, scale: Scale) -> str:
    right = _is_at_the_right(mark, scale)
    x = scale(mark.at_s) + (-4 if right else 4)
    anchor = ' text-anchor="end"' if right else ""
    return f'<text class="{_class(mark)}" x="{x:.1f}" y="{line:.1f}"{anchor}>{escape(_shown(mark))}</text>'


def _lane(lane: Lane, scale: Scale, y: float) -> tuple[str, float]:
    """Its picture, and its height."""
    good = [dot for dot in lane.dots if dot.kind is not Kind.FAILED]
    failures = [dot for dot in lane.dots if dot.kind is Kind.FAILED]
    step = max(1, math.ceil(len(good) / MOST_DRAWN))
    drawn = sorted([*good[::step], *failures[:MOST_FAILURES]], key=lambda dot: dot.at_s)
    rows = _rows(drawn, scale.span_s * APART_S / 100)
    height = (max(rows, default=0) + 1) * ROW
    placed = [(dot, y + (row + 0.5) * ROW) for dot, row in zip(drawn, rows, strict=True)]
    words = [lane.name, _requests(lane), *([f"1 of {step} drawn"] if step > 1 else [])]
    heading = "".join(
        f'<text class="lane" x="0" y="{y + 10 + 12 * number:.1f}">{escape(word)}</text>'
        for number, word in enumerate(words)
    )
    paths = "".join(_path(kind, placed, scale) for kind in Kind if kind is not Kind.FAILED)
    crosses = "".join(_cross(dot, at, scale) for dot, at in placed if dot.kind is Kind.FAILED)
    frame = (
        f'<rect class="frame" x="{LEFT:g}" y="{y - 2:.1f}" width="{WIDTH - LEFT - RIGHT:g}" height="{height + 4:.1f}"/>'
    )
    return frame + heading + paths + crosses, max(height, 12.0 * len(words))


def _rows(dots: Sequence[Dot], apart_s: float) -> list[int]:
    """For each the first row that is free; where all are taken, they share them in turn."""
    free: list[float] = []
    rows = []
    for number, dot in enumerate(dots):
        row = next((index for index, until in enumerate(free) if until <= dot.at_s), len(free))
        if row >= MOST_ROWS:
            row = number % MOST_ROWS
        free[row : row + 1] = [max(dot.until_s, dot.at_s) + apart_s]
        rows.append(row)
    return rows


def _path(kind: Kind, placed: Iterable[tuple[Dot, float]], scale: Scale) -> str:
    """A stroke as long as the request took; round ends make a dot of a short one."""
    strokes = "".join(
        f"M{scale(dot.at_s):.1f} {y:.1f}h{max(scale(dot.until_s) - scale(dot.at_s), 0.1):.1f}"
        for dot, y in placed
        if dot.kind is kind
    )
    return f'<path class="{CLASSES[kind]}" d="{strokes}"/>' if strokes else ""


def _cross(dot: Dot, y: float, scale: Scale) -> str:
    begin, end = scale(dot.at_s), scale(dot.until_s)
    wait = f"M{begin:.1f} {y:.1f}H{end:.1f}" if end - begin > 1 else ""
    cross = f"M{end - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6"
    return f'<path class="failed" d="{wait}{cross}"><title>{escape(cut(in_one_line(dot.label), _LABEL))}</title></path>'


def _axis(scale: Scale, y: float) -> str:
    step = next((step for step in (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300) if scale.span_s / step <= 14), 600.0)
    first = math.ceil(scale.from_s / step)
    last = math.floor((scale.from_s + scale.span_s) / step)
    ticks = "".join(
        _line("tick", x, y, y + 4)
        + f'<text class="tick" x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{number * step:g} s</text>'
        for number in range(first, last + 1)
        for x in (scale(number * step),)
    )
    return f'<line class="tick" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>{ticks}'


def draw_idle(connections: Sequence[Idle], keep_alive_s: int | None, title: str) -> str:
    """Bars as long as connections were idle."""
    shown = connections[:40]
    longest = max([one.idle_s for one in shown] + [float(keep_alive_s or 0), 1.0])
    scale = Scale(0, longest * 1.3)
    y, bars = MARK_ROW + 8, []
    for one in shown:
        bars.append(_bar(one, scale, y))
        y += 18
    limit = "" if keep_alive_s is None else _limit(Mark(keep_alive_s, f"{keep_alive_s} s", limit=True), scale, y)
    words = "; ".join(f"{one.count} idle for {one.idle_s:g} s: {one.what}" for one in shown)
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {y + 24:.0f}" role="img" aria-label="{escape(f"{title}. {words}")}">'
        f"{''.join(bars)}{limit}{_axis(scale, y)}</svg>"
    )


def _bar(one: Idle, scale: Scale, y: float) -> str:
    kind = "good" if one.good else "failed"
    length = max(scale(one.idle_s) - LEFT, 1)
    noun = "connection" if one.count == 1 else "connections"
    words = f"{one.idle_s:g} s, {escape(in_one_line(one.what))}"
    return (
        f'<rect class="bar {kind}" x="{LEFT:g}" y="{y:.1f}" width="{length:.1f}" height="11"/>'
        f'<text class="lane" x="0" y="{y + 10:.1f}">{one.count:,} {noun}</text>'
        f'<text class="lane" x="{LEFT + length + 6:.1f}" y="{y + 10:.1f}">{words}</text>'
    )


def _limit(mark: Mark, scale: Scale, y: float) -> str:
    x = scale(mark.at_s)
    return f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{MARK_ROW}" y2="{y:.1f}"/>' + _word(
        mark, MARK_ROW, scale
    )


def legend() -> Iterator[tuple[str, str]]:
    """Each outcome as a small picture, and its words."""
    for kind in Kind:
        dot, scale = Dot(0, 0, kind), Scale(0, 1)
        picture = _cross(dot, 6, scale) if kind is Kind.FAILED else _path(kind, [(dot, 6)], scale)
        size = f'viewBox="{LEFT - 6:g} 0 12 12" width="12" height="12"'
        yield f'<svg class="key" {size} aria-hidden="true">{picture}</svg>', kind
