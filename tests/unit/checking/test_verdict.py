"""What of a long text is shown."""

from __future__ import annotations

import pytest

from hitless.checking.verdict import excerpt


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("abcd", "abcd", id="all"),
        pytest.param("abcde", "abcd…", id="more"),
        pytest.param(b"abcd", "abcd", id="bytes"),
        pytest.param(b"abcde", "abcd…", id="more-bytes"),
        pytest.param("abc€".encode(), "abc…", id="within-a-character"),
        pytest.param(b"\xffbcde", "\ufffdbcd…", id="no-text"),
        pytest.param(b"\xff" * 5, "\ufffd" * 4 + "…", id="no-text-at-all"),
        pytest.param("abc\ufffde", "abc\ufffd…", id="a-character-of-its-own"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_excerpt(said: str | bytes, shown: str) -> None:
    assert excerpt(said, 4) == shown
