"""The JSON reader agrees with the standard library on every text, and never raises on any."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hitless.spec.config import parse
from hitless.spec.jsontext import MAX_CHARACTERS, MAX_DEPTH, read_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
)
PIECES = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "'a'", "1", "-0.5", "1e5", "01", "true", "null", "NaN", "x", " ", "\n",
     "//", "/*", "*/", "#", "\\", '"', "“", "”", "：", "，", "\u00a0", "\x00", "\ud800", '"\\ud83d\\ude00"',
     '"\\ud83d"', "1e999"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text()


class NotAcceptedError(ValueError):
    """The standard library takes it, RFC 8259 or our limits do not."""


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise NotAcceptedError("duplicate key")
    return dict(pairs)


def no_constant(name: str) -> Any:
    raise NotAcceptedError(name)


def finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise NotAcceptedError(text)
    return float(text)


def by_the_standard_library(text: str) -> Any:
    """The value, or NotAcceptedError/ValueError where the text is no JSON."""
    value = json.loads(text, object_pairs_hook=distinct, parse_constant=no_constant, parse_float=finite)
    json.dumps(value, ensure_ascii=False).encode()  # lone surrogates: UnicodeEncodeError
    if nesting(value) > MAX_DEPTH:
        raise NotAcceptedError("too deep")
    return value


def nesting(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (1 if isinstance(value, dict | list) else 0) + max(map(nesting, inner), default=0)


@given(VALUES, st.booleans(), st.none() | st.integers(0, 4))
@settings(deadline=None)
def test_every_value_is_read_back(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    document = read_json(text)
    assert document.faults == ()
    assert document.value == value


@given(TEXTS)
@example('{"a": 1,}')
@example("[1 2]")
@example('"\ud800"')
@example("\ufeff{}")
@settings(max_examples=400, deadline=None)
def test_a_text_has_no_fault_exactly_when_it_is_json(text: str) -> None:
    document = read_json(text)
    try:
        expected = by_the_standard_library(text)
    except ValueError:
        assert document.faults
    else:
        assert document.faults == ()
        assert document.value == expected


@given(TEXTS | VALUES.map(json.dumps))
@settings(max_examples=300, deadline=None)
def test_every_place_lies_in_the_text(text: str) -> None:
    lines = text.split("\n")
    for problem in parse(text).problems:
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.path is not None
        assert problem.path.startswith("$")


@given(VALUES)
@settings(deadline=None)
def test_every_part_is_found_at_its_place(value: Any) -> None:
    text = json.dumps(value)
    document = read_json(text)
    for path, (_, offset) in document.places.items():
        part = value
        for step in path:
            part = part[step]
        assert text[offset:].startswith(json.dumps(part))


def test_a_long_text_takes_its_size_in_time_not_the_square_of_it() -> None:
    """Each of these would take minutes if a step were quadratic; the runner's time limit is the judge."""
    half = MAX_CHARACTERS // 2
    for text in (
        "[" + "1," * (half - 1) + "1]",
        '"' + "\\n" * (half - 1) + '"',
        " " * (MAX_CHARACTERS - 1) + "1",
        "#\n" * half,
    ):
        read_json(text)
