"""An answer that is nested deeper than Python reads is no JSON to any rule."""

from __future__ import annotations

import pytest

from hitless.checking.asked import parsed
from hitless.checking.events import Exchange, Stage


def test_it_is_a_value_error() -> None:
    body = b"[" * 60_000
    one = Exchange(
        stage=Stage.API, at_s=0, purpose="case", instance="one", connection=1, nth=1, until_s=0, body=body, size=60_000
    )
    with pytest.raises(ValueError, match="nested"):
        parsed(one)
