"""When a linger ends early: nobody has asked for so long."""

from __future__ import annotations

import pytest

from hitless.serving.quiet import Quiet


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([(104.9, 7, 0)], [False], id="not-yet"),
        pytest.param([(105.0, 7, 0)], [True], id="quiet"),
        pytest.param([(103.0, 8, 0), (105.0, 8, 0), (108.0, 8, 0)], [False, False, True], id="one-more-request"),
        pytest.param([(104.0, 7, 1), (108.9, 7, 0), (109.0, 7, 0)], [False, False, True], id="one-in-hand"),
        pytest.param([(200.0, 7, 3), (206.0, 10, 0), (211.0, 10, 0)], [False, False, True], id="long-ones"),
    ],
)
def test_quiet(looks: list[tuple[float, int, int]], expected: list[bool]) -> None:
    quiet = Quiet(for_s=5, since=100, total=7)
    assert [quiet.reached(*look) for look in looks] == expected
