"""A registry's "no" as an error of the right kind, with what to do."""

from __future__ import annotations

import json

import httpx
import pytest

from hitless.images.registry.refusals import Reply, codes, refusal, said


def reply(status: int, body: bytes = b"") -> Reply:
    return Reply(status, httpx.Headers(), body, httpx.URL("https://r.example/"))


@pytest.mark.parametrize(
    ("status", "exit_code", "words"),
    [
        (400, 2, "refuses to push to team/app: 400"),
        (401, 2, "Log in with `docker login r.example`"),
        (403, 2, "Log in with `docker login r.example`"),
        (404, 2, "has nothing for us to push to team/app"),
        (405, 2, "refuses"),
        (413, 2, "refuses"),
        (429, 3, "Try again later"),
        (500, 3, "Try again later"),
        (507, 3, "Try again later"),
        (304, 3, "Try again later"),
    ],
)
def test_kinds(status: int, exit_code: int, words: str) -> None:
    error = refusal(reply(status), "r.example", "push to team/app")
    assert error.exit_code == exit_code
    assert words in str(error)


def test_notes_are_told_to_who_is_not_let_in() -> None:
    assert str(refusal(reply(401), "r.example", "push", ["no helper"])).endswith("\n    no helper")


@pytest.mark.parametrize(
    ("body", "words", "known"),
    [
        (json.dumps({"errors": [{"code": "DENIED", "message": "no", "detail": {"a": 1}}]}), "400 (no)", {"DENIED"}),
        (json.dumps({"errors": [{"code": "A"}, {"code": "B", "message": "b"}]}), "400 (A; b)", {"A", "B"}),
        (json.dumps({"errors": [{"message": "\x1b[31mred\n" + "x" * 1000}]}), "400 ([31mred " + "x" * 291 + ")", {""}),
        (json.dumps({"errors": None}), "400", set()),
        ("<html>", "400", set()),
        ("", "400", set()),
        ("[" * 100_000, "400", set()),
    ],
    ids=["one", "two", "control characters and length", "null", "html", "empty", "deep"],
)
def test_what_it_says(body: str, words: str, known: set[str]) -> None:
    assert said(reply(400, body.encode())) == words
    assert codes(reply(400, body.encode())) == known
