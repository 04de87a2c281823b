"""What of a failure's log may stand in committed results."""

from __future__ import annotations

import pytest
from bench.serving.findings import publishable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Looking in indexes: https://index.example/simple, file:///opt/wheels",
            "Looking in indexes: (address) (address)",
            id="index addresses",
        ),
        pytest.param('File "/home/me/.pyenv/lib/python3.11/queue.py", line 7', 'File "queue.py", line 7', id="folders"),
        pytest.param(
            "running on http://127.0.0.1:8080/health",
            "running on http://127.0.0.1:8080/health",
            id="the loopback stays",
        ),
        pytest.param("and/or 3/4 of a/b.py", "and/or 3/4 of a/b.py", id="relative paths and fractions stay"),
    ],
)
def test_publishable(text: str, expected: str) -> None:
    assert publishable(text) == expected
