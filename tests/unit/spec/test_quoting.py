"""The text of users inside of messages."""

from __future__ import annotations

import pytest

from hitless.spec.quoting import printable, quoted

TEXTS = [
    ("plain", '"plain"'),
    ('a "b"', '"a \\"b\\""'),
    ("a\nb\x1b[0m", '"a\\u000ab\\u001b[0m"'),
    ("手写", '"手写"'),
    ("x" * 100, f'"{"x" * 59}…"'),
    ("\U000e0001", '"\\U000e0001"'),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS, ids=range(len(TEXTS)))
def test_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown
    assert printable(text, 5).isprintable()
