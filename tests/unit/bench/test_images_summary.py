"""Medians of the image bench, and what they are held against."""

from __future__ import annotations

from bench.images.large import Cut, Large
from bench.images.rounds import CHANGE, FIRST, Point
from bench.images.summary import lines, targets

POINTS = [
    Point("podman", FIRST, 0, 20.0, 15.0, 48_000_000),
    Point("hitless", FIRST, 0, 3.0, 2.5, 68_000_000),
    Point("hitless", FIRST, 1, 5.0, 2.7, 68_000_000),
    Point("hitless", FIRST, 2, 4.0, 2.6, 68_000_000),
    Point("hitless", CHANGE, 0, 0.5, 0.4, 15_000),
    Point("podman", CHANGE, 0, 2.0, 1.3, 16_000),
]


def test_medians_with_ours_first_and_ratios_to_ours() -> None:
    found = lines(POINTS)
    assert [(line.what, line.builder, line.count) for line in found] == [
        (FIRST, "hitless", 3), (FIRST, "podman", 1), (CHANGE, "hitless", 1), (CHANGE, "podman", 1),
    ]  # fmt: skip
    first = found[0]
    assert (first.seconds, first.low, first.high, first.cpu_s, first.sent) == (4.0, 3.0, 5.0, 2.6, 68_000_000)
    assert [line.ours_times for line in found] == [None, 5.0, None, 4.0]
    assert [round(line.by_cpu or 0, 2) for line in found] == [0, 5.77, 0, 3.25]


def test_every_figure_is_held_against_what_was_promised() -> None:
    large, cut = Large(4_000_000_000, 8.0, 30.0, 60.0), Cut(5, 1_000, 1_010, 1_030)
    reached = targets(lines(POINTS), 119_000_000, large, cut, {"here": "sha256:a", "there": "sha256:a"})
    assert {one.figure: (one.reached, one.is_met) for one in reached} == {
        FIRST: ("4.00 s", True),
        CHANGE: ("0.50 s", True),
        "sent after a code change": ("15.0 kB", True),
        f"{FIRST}: over podman": ("5.0 ×", True),
        f"{CHANGE}: over podman": ("4.0 ×", False),
        "own layers, unpacked": ("119.0 MB", True),
        "weights, packed and hashed": ("500 MB/s", True),
        "memory for 4.0 GB of weights, build and push": ("60 MB", True),
        "sent again after 5 cuts": ("3.00%", False),
        "digests of 2 builds": ("1", True),
    }


def test_another_digest_is_not_the_same_and_one_that_was_not_tried_does_not_count() -> None:
    digests = {"a": "sha256:a", "b": "failed: no", "c": "not tried: needs root"}
    [of_digests] = [one for one in targets([], 0, None, None, digests) if "digests" in one.figure]
    assert (of_digests.figure, of_digests.reached, of_digests.is_met) == ("digests of 2 builds", "2", False)
