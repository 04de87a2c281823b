"""Headers that a registry may send us: any text is taken, and what is written by the rules is read as it was meant."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from hitless.images.registry.challenge import Challenge, parse_challenges
from hitless.images.registry.session import Chunking, least_chunk, told_offset

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_", min_size=1, max_size=8)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
CHALLENGES = st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)), max_size=4)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(scheme: str, parameters: dict[str, str]) -> str:
    return f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())


@given(CHALLENGES, st.booleans())
def test_challenges_are_read_as_they_were_written(
    challenges: list[tuple[str, dict[str, str]]], one_header: bool
) -> None:
    headers = [written(scheme, parameters) for scheme, parameters in challenges]
    values = [", ".join(headers)] if one_header else headers
    assert parse_challenges(values) == [Challenge(scheme, parameters) for scheme, parameters in challenges]


@given(st.lists(st.text(st.sampled_from('Basic ,="\\\t=realm~é')), max_size=3))
def test_any_text_is_taken(values: list[str]) -> None:
    assert all(challenge.scheme for challenge in parse_challenges(values))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_numbers_in_headers_are_never_negative(value: str) -> None:
    headers = httpx.Headers({"Range": value, "OCI-Chunk-Min-Length": value})
    assert (told_offset(headers) or 0) >= 0
    assert least_chunk(headers) >= 0


@given(st.integers(128 << 20, 1 << 44))
def test_five_cuts_lose_less_than_two_percent(size: int) -> None:
    chunking = Chunking()
    assert chunking.chunk_bytes(size) + 4 * chunking.chunk_bytes(size, is_lossy=True) < 0.02 * size
