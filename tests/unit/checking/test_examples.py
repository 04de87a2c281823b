"""Examples out of a text that somebody may have made to do harm."""

from __future__ import annotations

import resource

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hitless.checking.examples import MOST, examples, files_of


def test_examples_and_what_they_send() -> None:
    text = b"""
        [serve]
        workers = 2
        [[example]]
        form = { images = "@seven.jpg", text = "7", number = 7 }
        answer = { mnist_result = 7 }
        [[example]]
        url = "/x"
        json = { a = "@b" }
        [[example]]
        form = { images = "@sub/eight.jpg", again = "@seven.jpg" }
    """
    assert [one.get("url", "/") for one in examples(text)] == ["/", "/x", "/"]
    assert files_of(text) == ("seven.jpg", "sub/eight.jpg")


@given(settings=st.binary() | st.text().map(lambda text: f"[[example]]\nform = {{ a = {text!r} }}".encode()))
@example(settings=b"example = " + b"[" * 60_000)
@example(settings=b"[[example]]\nform = 7\n[[example]]\nform = { a = 7, b = ['@c'] }")
@example(settings=b"example = 7")
@example(settings=b"example = [7]")
@example(settings=b"\xff")
def test_nothing_of_it_is_raised(settings: bytes) -> None:
    for one in examples(settings):
        assert one.keys()
    assert all(isinstance(name, str) for name in files_of(settings))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(b"a" + b".a" * 30_000 + b" = 1\n[[example]]\njson = 1", id="key"),
        pytest.param(b"[a" + b".a" * 30_000 + b"]\n" + b"[[example]]\njson = 1", id="header"),
        pytest.param(b"[[example]]\njson = 1\n#" + b"-" * (64 << 10), id="long"),
    ],
)
def test_what_readers_of_toml_cannot_bear_is_not_read(settings: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert examples(settings) == ()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10


def test_most() -> None:
    text = "".join(
        f'[[example]]\nform = {{ a = "@{number}.jpg", b = "@{number}b" }}\n' for number in range(200)
    ).encode()
    assert len(examples(text)) == MOST
    assert len(files_of(text)) == MOST


def test_a_name_without_end_is_none() -> None:
    assert files_of(b'[[example]]\nform = { a = "@' + b"a/" * 20_000 + b'" }') == ()
