"""Connections that a test left open are closed at its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.http.wire import Wire


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    yield
    for connection in list(Wire.left_open):
        connection.close()
