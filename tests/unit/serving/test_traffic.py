"""When the log tells of requests."""

from __future__ import annotations

import pytest

from hitless.serving.traffic import TrafficLog


@pytest.mark.parametrize(
    ("every_s", "seen", "told"),
    [
        pytest.param(10, [(0, 0)], [None], id="nothing came"),
        pytest.param(10, [(1, 0)], ["1 request answered"], id="the first at once"),
        pytest.param(10, [(2, 0), (9, 5)], ["2 requests answered", None], id="not again so soon"),
        pytest.param(
            10, [(2, 0), (9, 5), (12, 10)], ["2 requests answered", None, "10 requests answered in 10 s"],
            id="those between are told together",
        ),
        pytest.param(10, [(2, 0), (2, 60)], ["2 requests answered", None], id="silence is not told"),
        pytest.param(
            10, [(2, 0), (3, 60)], ["2 requests answered", "1 request answered in 60 s"], id="at once after a silence"
        ),
        pytest.param(
            10, [(5, 0), (1, 10)], ["5 requests answered", "1 request answered in 10 s"], id="another version"
        ),
        pytest.param(0, [(5, 0)], [None], id="off"),
    ],
)  # fmt: skip
def test_lines(every_s: float, seen: list[tuple[int, float]], told: list[str | None]) -> None:
    log = TrafficLog(every_s)
    assert [log.line(answered, now_s) for answered, now_s in seen] == told
