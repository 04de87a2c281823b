"""Decorators of model methods are attributes; a model may write the attributes itself."""

from __future__ import annotations

from typing import Any

import pytest

from hitless.serving.declarations import api, batched


def test_api() -> None:
    @api("/greet", method="GET")
    def greet(name: str) -> str:
        return name

    assert (vars(greet), greet("a")) == ({"url": "/greet", "method": "GET"}, "a")


def test_api_without_a_method_takes_that_of_the_contract() -> None:
    def greet() -> None: ...

    assert vars(api("/greet")(greet)) == {"url": "/greet", "method": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, {"max_size": 32, "max_wait_ms": 0}, id="defaults"),
        pytest.param({"max_size": 1}, {"max_size": 1, "max_wait_ms": 0}, id="smallest"),
        pytest.param({"max_size": 8, "max_wait_ms": 2.5}, {"max_size": 8, "max_wait_ms": 2.5}, id="both"),
    ],
)
def test_batched(given: dict[str, Any], expected: dict[str, Any]) -> None:
    def predict() -> None: ...

    assert batched(**given)(predict) is predict
    assert vars(predict) == expected


@pytest.mark.parametrize("given", [{"max_size": 0}, {"max_size": -1}, {"max_wait_ms": -0.1}], ids=str)
def test_batched_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="max_size is at least 1, max_wait_ms at least 0"):
        batched(**given)


def test_both_together() -> None:
    @api("/x")
    @batched(max_size=4)
    def predict() -> None: ...

    assert vars(predict) == {"url": "/x", "method": None, "max_size": 4, "max_wait_ms": 0}
