"""The heads of answers: their lines, the date, and that they are made once."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from hitless.serving import heads as module
from hitless.serving.heads import CLOSE, KEEP_ALIVE, Heads


def lines(head: bytes) -> list[str]:
    assert head.endswith(b"\r\n")
    assert b"\r\n\r\n" not in head  # the rest is the connection's to add
    return head.decode("ascii").split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("status", "content_type", "connection", "first", "rest"),
    [
        pytest.param(200, b"application/json", b"", "HTTP/1.1 200 OK", ["content-type: application/json"], id="ok"),
        pytest.param(204, b"", b"", "HTTP/1.1 204 No Content", [], id="no-content-type"),
        pytest.param(503, b"a/b", CLOSE, "HTTP/1.1 503 Service Unavailable", ["content-type: a/b", "connection: close"],
                     id="closing"),
        pytest.param(200, b"", KEEP_ALIVE, "HTTP/1.1 200 OK", ["connection: keep-alive"], id="to-http-1.0"),
        pytest.param(299, b"", b"", "HTTP/1.1 299 Status 299", [], id="status-without-a-name"),
        pytest.param(418, b"", b"", "HTTP/1.1 418 I'm a Teapot", [], id="teapot"),
    ],
)  # fmt: skip
def test_start(status: int, content_type: bytes, connection: bytes, first: str, rest: list[str]) -> None:
    got = lines(Heads().start(status, content_type, connection))
    assert got[0] == first
    assert got[1].startswith("date: ")
    assert got[1].endswith(" GMT")
    assert parsedate_to_datetime(got[1].removeprefix("date: ")).utcoffset() is not None
    assert got[2:] == rest


def test_a_head_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = iter(["one", "two", "three"])
    monkeypatch.setattr(module, "formatdate", lambda usegmt: next(dates))
    heads = Heads()
    first = heads.start(200, b"a/b", b"")
    assert heads.start(200, b"a/b", b"") is first
    assert b"date: one\r\n" in first
    assert b"date: two\r\n" in heads.start(404, b"a/b", b"")
    heads.tick()
    assert b"date: three\r\n" in heads.start(200, b"a/b", b"")
