"""The head of a request, judged (RFC 9112): tables of headers and of targets."""

from __future__ import annotations

import pytest
from tests.unit.serving.stand_ins import exchange

from hitless.serving.exchange import Exchange
from hitless.serving.framing import Framing, read_head, split_target

HOST = (b"host", b"h")
Headers = list[tuple[bytes, bytes]]


def head(*headers: tuple[bytes, bytes]) -> Exchange:
    made = exchange(headers=headers)
    made.request_id = b""
    return made


@pytest.mark.parametrize(
    ("version", "headers", "length", "expects_continue"),
    [
        pytest.param("1.1", [HOST], 0, False, id="no-body"),
        pytest.param("1.1", [HOST, (b"content-length", b"5")], 5, False, id="sized"),
        pytest.param("1.1", [HOST, (b"transfer-encoding", b"chunked")], None, False, id="chunked"),
        pytest.param("1.1", [HOST, (b"transfer-encoding", b" Chunked ")], None, False, id="chunked-in-another-case"),
        pytest.param("1.1", [HOST, (b"expect", b"100-continue")], 0, True, id="expects-continue"),
        pytest.param("1.1", [HOST, (b"expect", b"100-Continue")], 0, True, id="expectations-have-no-case"),
        pytest.param("1.0", [(b"expect", b"100-continue")], 0, False, id="http-1.0-knows-no-continue"),
        pytest.param("1.0", [(b"expect", b"a miracle")], 0, False, id="http-1.0-knows-no-expectations"),
        pytest.param("1.0", [], 0, False, id="http-1.0-needs-no-host"),
        pytest.param("1.1", [HOST, (b"content-encoding", b"identity")], 0, False, id="identity-coding"),
        pytest.param("1.1", [(b"host", b"")], 0, False, id="empty-host"),
    ],
)
def test_accepted(version: str, headers: Headers, length: int | None, expects_continue: bool) -> None:
    made = head(*headers)
    assert read_head(made, version) == Framing(length, expects_continue)
    assert made.rejection is None
    assert made.version == version


@pytest.mark.parametrize(
    ("version", "headers", "status", "words"),
    [
        pytest.param("1.1", [], 400, "exactly one Host", id="no-host"),
        pytest.param("1.1", [HOST, HOST], 400, "exactly one Host", id="two-hosts"),
        pytest.param("1.0", [(b"transfer-encoding", b"chunked")], 400, "HTTP/1.0", id="http-1.0-chunked"),
        pytest.param("1.0", [HOST, HOST], 400, "Host", id="http-1.0-with-two-hosts"),
        pytest.param("1.1", [HOST, (b"transfer-encoding", b"gzip, chunked")], 501, "gzip, chunked", id="coded-chunks"),
        pytest.param("1.1", [HOST, (b"content-encoding", b"gzip")], 415, "Content-Encoding", id="compressed"),
        pytest.param("1.1", [HOST, (b"expect", b"200-ok")], 417, "100-continue", id="unknown-expectation"),
        pytest.param("2.0", [HOST], 505, "HTTP/2.0", id="http-2"),
        pytest.param("0.9", [], 505, "HTTP/0.9", id="http-0.9"),
        pytest.param("1.1", [(b"content-encoding", b"gzip")], 415, "Content-Encoding", id="the-first-fault-is-said"),
    ],
)  # fmt: skip
def test_refused(version: str, headers: Headers, status: int, words: str) -> None:
    made = head(*headers)
    read_head(made, version)
    assert made.rejection is not None
    assert made.rejection.status == status
    assert words in made.rejection.detail


def test_what_the_exchange_learns() -> None:
    made = head(HOST, (b"content-type", b"image/jpeg"), (b"x-request-id", b"abc-123"), (b"x-other", b"1"))
    read_head(made, "1.1")
    assert (made.content_type, made.request_id) == (b"image/jpeg", b"abc-123")


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        pytest.param(b"7f3c-1", True, id="usual"),
        pytest.param(b"Root=1-67891233-abcdef012345678912345678", True, id="trace-id"),
        pytest.param(b"a" * 128, True, id="longest"),
        pytest.param(b"a" * 129, False, id="too-long"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"a b", False, id="blank"),
        pytest.param(b"a\x1b[31m", False, id="escape-sequence"),
        pytest.param(b'"}', False, id="quotes"),
        pytest.param("é".encode("latin-1"), False, id="not-ascii"),
        pytest.param(b"a\n", False, id="line-break"),
    ],
)
def test_request_ids_of_clients(sent: bytes, taken: bool) -> None:
    made = head(HOST, (b"x-request-id", sent))
    read_head(made, "1.1")
    assert made.request_id == (sent if taken else b"")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        pytest.param(b"/", b"/", b"", id="root"),
        pytest.param(b"/a/b", b"/a/b", b"", id="path"),
        pytest.param(b"/a?x=1&y=2", b"/a", b"x=1&y=2", id="query"),
        pytest.param(b"/a?x=1?y", b"/a", b"x=1?y", id="second-question-mark"),
        pytest.param(b"/?", b"/", b"", id="empty-query"),
        pytest.param(b"//a", b"//a", b"", id="double-slash-is-a-path"),
        pytest.param(b"/a://b/c", b"/a://b/c", b"", id="a-path-may-hold-a-url"),
        pytest.param(b"http://h/a?x=1", b"/a", b"x=1", id="absolute"),
        pytest.param(b"http://h:80", b"/", b"", id="absolute-without-a-path"),
        pytest.param(b"http://h?x=1", b"/", b"x=1", id="absolute-with-nothing-but-a-query"),
        pytest.param(b"http://h?x=a/b", b"/", b"x=a/b", id="slash-in-that-query"),
        pytest.param(b"http://h?x=a?b/c", b"/", b"x=a?b/c", id="question-mark-in-that-query"),
        pytest.param(b"http://h/", b"/", b"", id="absolute-root"),
        pytest.param(b"http://u:p@h/a://b", b"/a://b", b"", id="absolute-with-a-url-inside"),
        pytest.param(b"*", b"*", b"", id="asterisk"),
        pytest.param(b"h:443", b"h:443", b"", id="authority"),
    ],
)
def test_split_target(target: bytes, path: bytes, query: bytes) -> None:
    assert split_target(target) == (path, query)
