"""When the server says that it is healthy: a table of phases and workers (HEALTH-1)."""

from __future__ import annotations

import json

import pytest

from hitless.serving.health import FAILING_BODY, HEALTHY_BODY, healthy
from hitless.serving.lifecycle import Phase

S, R, L, D, X = Phase.STARTING, Phase.READY, Phase.LINGERING, Phase.DRAINING, Phase.STOPPED


@pytest.mark.parametrize(
    ("phase", "serving", "faulty", "crash_loop", "lingering", "expected"),
    [
        pytest.param(S, 2, 0, False, "fail", False, id="not-before-all-have-been-ready-once"),
        pytest.param(R, 2, 0, False, "fail", True, id="ready"),
        pytest.param(R, 1, 0, False, "fail", True, id="one-of-several-is-being-replaced"),
        pytest.param(R, 0, 0, False, "fail", False, id="nobody-serves"),
        pytest.param(R, 2, 1, False, "fail", False, id="one-is-faulty"),
        pytest.param(R, 1, 0, True, "fail", False, id="one-cannot-come-up"),
        pytest.param(L, 2, 0, False, "fail", False, id="lingering"),
        pytest.param(L, 2, 0, False, "pass", True, id="lingering-and-told-to-pass"),
        pytest.param(L, 0, 0, False, "pass", False, id="lingering-without-workers"),
        pytest.param(L, 2, 1, False, "pass", False, id="lingering-and-faulty"),
        pytest.param(L, 2, 0, True, "pass", False, id="lingering-in-a-crash-loop"),
        pytest.param(S, 2, 0, False, "pass", False, id="pass-is-for-lingering-only"),
        pytest.param(D, 2, 0, False, "pass", False, id="draining"),
        pytest.param(X, 0, 0, False, "pass", False, id="stopped"),
    ],
)
def test_healthy(phase: Phase, serving: int, faulty: int, crash_loop: bool, lingering: str, expected: bool) -> None:
    assert healthy(phase, serving=serving, faulty=faulty, crash_loop=crash_loop, lingering=lingering) is expected


def test_bodies_are_those_of_the_specification() -> None:
    assert json.loads(HEALTHY_BODY) == {"health": "true"}  # the word is a string (HEALTH-2)
    assert json.loads(FAILING_BODY) == {"health": "false"}
