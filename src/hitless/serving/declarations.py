"""What a model's methods may say of themselves, by decorator or by a plain attribute of the same name.

    @api("/greet", method="GET")        is   greet.url, greet.method = "/greet", "GET"
    @batched(max_size=32)               is   predict.max_size = 32

so a model needs no import of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def api(url: str, *, method: str | None = None) -> Callable[[F], F]:
    """This method answers the api `url` of config.json; `method` None: whichever method the contract has there."""

    def declare(function: F) -> F:
        function.url = url  # type: ignore[attr-defined]
        function.method = method  # type: ignore[attr-defined]
        return function

    return declare


def batched(*, max_size: int = 32, max_wait_ms: float = 0) -> Callable[[F], F]:
    """This method takes a list for each argument and returns a list of the same length.

    Requests that are ready together are one call of at most `max_size`; `max_wait_ms` holds a smaller batch back
    for that long. An exception object in the returned list is the answer to that one request.
    """
    if max_size < 1 or max_wait_ms < 0:
        raise ValueError("batched: max_size is at least 1, max_wait_ms at least 0")

    def declare(function: F) -> F:
        function.max_size = max_size  # type: ignore[attr-defined]
        function.max_wait_ms = max_wait_ms  # type: ignore[attr-defined]
        return function

    return declare
