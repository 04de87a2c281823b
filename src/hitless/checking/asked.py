"""What an instance answered when it was asked, read from the stage API of a record: by api and by purpose. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.purposes import ALIVE, CASE, GOLDEN, LARGE, MALFORMED, OVER
from hitless.checking.rule import Seen
from hitless.checking.starts import incomplete
from hitless.spec.contract import JSON

TOLERANCE = 1e-3  # of numbers in an expected answer: processors differ in the last digits


def asked(seen: Seen, *purposes: str) -> list[Exchange]:
    """By the purposes or by their beginnings, such as `form: `."""
    return [one for one in seen.all(Exchange, Stage.API) if one.purpose.startswith(purposes)]


def conforming(seen: Seen, number: int) -> list[Exchange]:
    """The requests to one api that conform to the contract."""
    return [one for one in asked(seen, CASE, GOLDEN) if one.api == number]


def is_good(one: Exchange) -> bool:
    return 200 <= one.status < 300


def is_broken(one: Exchange) -> bool:
    """No answer, or one that says that the server failed."""
    return one.failure is not None or one.status >= 500


def usual(seen: Seen, number: int) -> int:
    """The status with which an api answers what conforms, by which later answers are judged; 0 where there is none."""
    answered = [one.status for one in conforming(seen, number) if not is_broken(one)]
    return next((status for status in answered if 200 <= status < 300), answered[0] if answered else 0)


def answers(seen: Seen) -> bool:
    """Whether any api answers what conforms without an error of its own: else nothing more can be said of it."""
    return any(not is_broken(one) for one in asked(seen, CASE, GOLDEN))


def why_unasked(seen: Seen) -> str:
    """Why something was not asked: of the stage, as far as it tells."""
    return incomplete(seen.record, Stage.API) or "it was not asked"


def deaths(seen: Seen) -> Iterator[tuple[Exchange, Exchange]]:
    """(what was sent, the good request after it that was not answered as before)."""
    last: Exchange | None = None
    for one in seen.all(Exchange, Stage.API):
        if one.purpose.startswith((MALFORMED, LARGE, OVER)):
            last = one
        elif last is not None and one.purpose.startswith(ALIVE) and is_broken(one):
            yield last, one


def survived(seen: Seen, *purposes: str) -> list[Exchange]:
    """Requests after which it lived on: what they did to it is told elsewhere."""
    deadly = [sent for sent, _ in deaths(seen)]
    return [one for one in asked(seen, *purposes) if one not in deadly]


def media_type(one: Exchange) -> str:
    written = next((value for name, value in one.headers if name == "content-type"), "")
    return written.partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    return kind == JSON or kind.endswith("+json")


def parsed(one: Exchange) -> Any:
    """The answer's body as JSON; ValueError where it is none, or was not kept whole."""
    if len(one.body) < one.size:
        raise ValueError("the answer is too long to be kept")
    try:
        return json.loads(one.body)
    except RecursionError as error:
        raise ValueError("it is nested too deeply to be read") from error


def is_as_expected(actual: Any, expected: Any) -> bool:
    """Equal as JSON, numbers within TOLERANCE."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return actual is expected
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return math.isclose(actual, expected, rel_tol=TOLERANCE, abs_tol=1e-6)
    if isinstance(expected, dict) and isinstance(actual, dict):
        same = actual.keys() == expected.keys()
        return same and all(is_as_expected(actual[name], value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(is_as_expected, actual, expected))
    return bool(actual == expected)
