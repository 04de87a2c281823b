"""What a method returned, as it goes out: tables of results, header fields, stream pieces and exceptions."""

from __future__ import annotations

import array
import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

import numpy as np
import pytest

from hitless.serving.replies import (
    Reply,
    encode,
    encode_part,
    header_lines,
    is_stream,
    problem,
    rejection_of,
    to_json,
)
from hitless.serving.request import Rejected, Response

JSON, TEXT, HTML, JPEG = "application/json", "text/plain", "text/html", "image/jpeg"
FORM, EVENTS, OCTETS = "multipart/form-data", "text/event-stream", "application/octet-stream"
UTF8 = "; charset=utf-8"


@dataclasses.dataclass
class Box:
    label: str
    corners: list[Any]


class Point(NamedTuple):
    x: int
    y: int


class Colour(enum.Enum):
    RED = "red"


class Pair:
    def tolist(self) -> list[int]:
        return [1, 2]


# JSON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"mnist_result": 7}, '{"mnist_result":7}', id="dict"),
        pytest.param([1, "a", None, True, 1.5], '[1,"a",null,true,1.5]', id="list"),
        pytest.param((1, 2), "[1,2]", id="tuple"),
        pytest.param("ü\n", '"ü\\n"', id="text"),
        pytest.param(None, "null", id="none"),
        pytest.param(2**70, "1180591620717411303424", id="large-integer"),
        pytest.param(float("nan"), "null", id="nan-is-no-json"),
        pytest.param([float("inf"), -float("inf")], "[null,null]", id="infinities-neither"),
        pytest.param(np.float32(0.5), "0.5", id="numpy-float"),
        pytest.param(np.int64(7), "7", id="numpy-int"),
        pytest.param(np.bool_(True), "true", id="numpy-bool"),
        pytest.param(np.str_("a"), '"a"', id="numpy-text"),
        pytest.param(np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]", id="array"),
        pytest.param(np.array(3), "3", id="array-without-dimensions"),
        pytest.param(np.array([], dtype=np.float32), "[]", id="empty-array"),
        pytest.param(np.array([np.nan, 1.0]), "[null,1.0]", id="array-with-nan"),
        pytest.param(np.array(["a", None], dtype=object), '["a",null]', id="array-of-objects"),
        pytest.param({"scores": np.array([0.5]), "best": np.int8(1)}, '{"scores":[0.5],"best":1}', id="arrays-inside"),
        pytest.param({3: "three"}, '{"3":"three"}', id="integer-keys"),
        pytest.param({np.int64(3): 0.5, np.str_("a"): 1}, '{"3":0.5,"a":1}', id="numpy-keys"),
        pytest.param(Box("cat", [np.float32(1), 2]), '{"label":"cat","corners":[1.0,2]}', id="dataclass"),
        pytest.param(Point(1, 2), "[1,2]", id="named-tuple"),
        pytest.param(Colour.RED, '"red"', id="enum"),
        pytest.param({1}, "[1]", id="set"),
        pytest.param(datetime.date(2024, 9, 1), '"2024-09-01"', id="date"),
        pytest.param(uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"', id="uuid"),
        pytest.param(decimal.Decimal("1.10"), '"1.10"', id="decimal"),
        pytest.param({"image": b"ab"}, '{"image":"YWI="}', id="bytes-inside-are-base64"),
        pytest.param(array.array("i", [1, 2]), "[1,2]", id="array-of-the-standard-library"),
        pytest.param(Pair(), "[1,2]", id="whatever-has-tolist"),
    ],
)
def test_to_json(value: Any, text: str) -> None:
    assert to_json(value).decode() == text
    json.loads(text)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        pytest.param(object(), TypeError, "object has no JSON form", id="object"),
        pytest.param({"a": (n for n in [1])}, TypeError, "generator has no JSON form", id="generator-inside"),
        pytest.param(1j, TypeError, "complex has no JSON form", id="complex"),
        pytest.param(np.array([1j]), TypeError, "complex has no JSON form", id="complex-array"),
        pytest.param({(1, 2): 3}, TypeError, "tuple has no JSON form", id="tuple-as-a-key"),
        pytest.param("\ud800", ValueError, "surrogates", id="lone-surrogate"),
    ],
)
def test_what_has_no_json_form(value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        to_json(value)


def test_a_value_that_holds_itself_is_an_error() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(RecursionError):
        to_json(loop)


# Whole answers


@pytest.mark.parametrize(
    ("result", "declared", "content_type", "body"),
    [
        pytest.param({"a": 1}, JSON, JSON, b'{"a":1}', id="dict"),
        pytest.param({"a": 1}, TEXT, JSON, b'{"a":1}', id="dict-is-json-whatever-is-declared"),
        pytest.param({"a": 1}, FORM, JSON, b'{"a":1}', id="dict-where-a-form-is-declared"),
        pytest.param(None, JSON, JSON, b"null", id="none"),
        pytest.param(7, JSON, JSON, b"7", id="number"),
        pytest.param("hi", JSON, JSON, b'"hi"', id="text-as-json"),
        pytest.param("hi", FORM, JSON, b'"hi"', id="text-where-a-form-is-declared"),
        pytest.param("hü", TEXT, TEXT + UTF8, "hü".encode(), id="text"),
        pytest.param("<p>", HTML, HTML + UTF8, b"<p>", id="html"),
        pytest.param("a,b", "application/csv", "application/csv", b"a,b", id="text-of-another-type"),
        pytest.param(b"\xff\xd8", JPEG, JPEG, b"\xff\xd8", id="bytes"),
        pytest.param(b"\xff", JSON, OCTETS, b"\xff", id="bytes-where-json-is-declared"),
        pytest.param(b"\xff", FORM, OCTETS, b"\xff", id="bytes-where-a-form-is-declared"),
        pytest.param(bytearray(b"a"), JPEG, JPEG, b"a", id="bytearray"),
        pytest.param(memoryview(b"a"), JPEG, JPEG, b"a", id="memoryview"),
        pytest.param(np.array([1]), JSON, JSON, b"[1]", id="array"),
        pytest.param(Box("a", []), JSON, JSON, b'{"label":"a","corners":[]}', id="dataclass"),
    ],
)
def test_encode(result: Any, declared: str, content_type: str, body: bytes) -> None:
    expected = Reply(200, content_type.encode(), b"", body, None)
    assert encode(result, declared) == expected
    assert encode(Response(result), declared) == expected


@pytest.mark.parametrize(
    ("response", "declared", "expected"),
    [
        pytest.param(Response(), JSON, Reply(200, OCTETS.encode(), b"", b""), id="nothing"),
        pytest.param(Response({"a": 1}, 201), JSON, Reply(201, JSON.encode(), b"", b'{"a":1}'), id="status"),
        pytest.param(Response("<p>", content_type=HTML), JSON, Reply(200, HTML.encode(), b"", b"<p>"), id="type"),
        pytest.param(Response("a", content_type=JSON), TEXT, Reply(200, JSON.encode(), b"", b'"a"'), id="json-text"),
        pytest.param(
            Response({"a": 1}, content_type="application/ld+json"),
            JSON,
            Reply(200, b"application/ld+json", b"", b'{"a":1}'),
            id="another-kind-of-json",
        ),
        pytest.param(
            Response(b"", 404, None, {"X-A": "1", "Set-Cookie": "a=b; Path=/"}),
            JPEG,
            Reply(404, b"image/jpeg", b"x-a: 1\r\nset-cookie: a=b; Path=/\r\n", b""),
            id="headers",
        ),
    ],
)
def test_response(response: Response, declared: str, expected: Reply) -> None:
    assert encode(response, declared) == expected


@pytest.mark.parametrize(
    ("response", "words"),
    [
        pytest.param(Response(status=199), "199", id="informational-status"),
        pytest.param(Response(status=600), "600", id="no-status"),
        pytest.param(Response(content_type="a/b\r\nx: y"), "control character", id="line-break-in-the-type"),
        pytest.param(Response(content_type="a/b; name=\u20ac"), "latin-1", id="type-that-is-not-latin-1"),
        pytest.param(Response(headers={"x": "a\r\ny: b"}), "control character", id="line-break-in-a-header"),
        pytest.param(Response("\ud800", content_type="text/plain"), "surrogates", id="lone-surrogate"),
    ],
)
def test_a_response_that_cannot_be_sent(response: Response, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode(response, JSON)


# Header fields


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        pytest.param("X-Model", "v1", b"x-model: v1\r\n", id="usual"),
        pytest.param("x_y", "", b"x_y: \r\n", id="empty-value"),
        pytest.param("X-Name", "Zoë", "x-name: Zoë\r\n".encode("latin-1"), id="latin-1"),
        pytest.param("Retry-After", 5, b"retry-after: 5\r\n", id="number"),
    ],
)
def test_header_lines(name: str, value: Any, line: bytes) -> None:
    assert header_lines({name: value}) == line


def test_headers_keep_their_order() -> None:
    assert header_lines({"b": "1", "a": "2"}) == b"b: 1\r\na: 2\r\n"
    assert header_lines({}) == b""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("x\r\ny", "1", "cannot be set", id="line-break-in-the-name"),
        pytest.param("x:y", "1", "cannot be set", id="colon-in-the-name"),
        pytest.param("", "1", "cannot be set", id="no-name"),
        pytest.param("x y", "1", "cannot be set", id="blank-in-the-name"),
        pytest.param("größe", "1", "cannot be set", id="name-that-is-not-ascii"),
        pytest.param("x", "a\nb", "control character", id="line-feed"),
        pytest.param("x", "a\rb", "control character", id="carriage-return"),
        pytest.param("x", "a\x00b", "control character", id="nul"),
        pytest.param("x", "a\x7fb", "control character", id="delete"),
        pytest.param("x", "\u20ac", "latin-1", id="value-that-is-not-latin-1"),
        pytest.param("Content-Length", "5", "cannot be set", id="length-is-ours"),
        pytest.param("transfer-encoding", "chunked", "cannot be set", id="framing-is-ours"),
        pytest.param("CONNECTION", "close", "cannot be set", id="connection-is-ours"),
        pytest.param("Date", "now", "cannot be set", id="date-is-ours"),
        pytest.param("X-Request-ID", "1", "cannot be set", id="request-id-is-ours"),
        pytest.param("content-type", "a/b", "cannot be set", id="content-type-has-its-own-place"),
    ],
)
def test_headers_that_cannot_be_sent(name: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        header_lines({name: value})


# Streams


def numbers() -> Iterator[int]:
    yield 1


async def letters() -> AsyncIterator[str]:
    yield "a"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(numbers(), True, id="generator"),
        pytest.param(letters(), True, id="async-generator"),
        pytest.param(iter([1]), True, id="iterator"),
        pytest.param(map(str, [1]), True, id="map"),
        pytest.param([1], False, id="list"),
        pytest.param({"a": 1}, False, id="dict"),
        pytest.param("text", False, id="text"),
        pytest.param(np.array([1]), False, id="array"),
        pytest.param(range(3), False, id="range"),
    ],
)
def test_is_stream(value: Any, expected: bool) -> None:
    assert is_stream(value) is expected


@pytest.mark.parametrize(
    ("declared", "own", "content_type"),
    [
        pytest.param(EVENTS, None, EVENTS + UTF8, id="events"),
        pytest.param(JSON, None, OCTETS, id="json-is-no-stream"),
        pytest.param(FORM, None, OCTETS, id="nor-is-a-form"),
        pytest.param(JSON, "application/x-ndjson", "application/x-ndjson", id="own"),
        pytest.param(JSON, EVENTS, EVENTS, id="own-events"),
        pytest.param("audio/wav", None, "audio/wav", id="as-declared"),
        pytest.param(TEXT, None, TEXT + UTF8, id="text-as-declared"),
    ],
)  # fmt: skip
def test_streams(declared: str, own: str | None, content_type: str) -> None:
    stream = iter([b"a"])
    reply = encode(Response(stream, content_type=own), declared)
    assert (reply.status, reply.content_type, reply.headers, reply.body) == (200, content_type.encode(), b"", b"")
    assert reply.stream is stream


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        pytest.param(b"\x00\xff", b"\x00\xff", id="bytes"),
        pytest.param(bytearray(b"a"), b"a", id="bytearray"),
        pytest.param(memoryview(b"a"), b"a", id="memoryview"),
        pytest.param("ü\n", "ü\n".encode(), id="text"),
        pytest.param({"a": 1}, b'{"a":1}\n', id="json-line"),
        pytest.param(np.array([1]), b"[1]\n", id="array"),
    ],
)
def test_pieces_of_a_stream(part: Any, sent: bytes) -> None:
    assert encode_part(part, OCTETS.encode()) == sent


def read_events(stream: bytes) -> list[str]:
    """The data of each event, read as the HTML standard says (section 9.2.6, `data` fields only)."""
    events, buffer = [], ""
    for line in stream.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if not line:
            if buffer:
                events.append(buffer.removesuffix("\n"))
            buffer = ""
        else:
            field, _, value = line.partition(":")
            assert field == "data"
            buffer += value.removeprefix(" ") + "\n"
    assert not buffer  # an event that does not end is never dispatched
    return events


@pytest.mark.parametrize(
    ("part", "event"),
    [
        pytest.param("hello", "hello", id="text"),
        pytest.param("", "", id="empty"),
        pytest.param(" indented", " indented", id="leading-blank"),
        pytest.param("a\nb", "a\nb", id="two-lines"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="all-line-ends"),
        pytest.param("\n", "\n", id="a-line-break-is-a-token-too"),
        pytest.param("a\n", "a\n", id="line-break-at-the-end"),
        pytest.param("\n\n", "\n\n", id="empty-lines"),
        pytest.param("data: x", "data: x", id="looks-like-a-field"),
        pytest.param(": comment", ": comment", id="looks-like-a-comment"),
        pytest.param("a\u2028b\x85c\x0bd\x0ce\x1cf", "a\u2028b\x85c\x0bd\x0ce\x1cf",
                     id="no-line-ends-in-an-event-stream"),
        pytest.param({"token": "a\nb"}, '{"token":"a\\nb"}', id="json"),
        pytest.param({"token": "a\u2028b"}, '{"token":"a\u2028b"}', id="json-with-a-line-separator"),
        pytest.param(np.float64(0.5), "0.5", id="numpy"),
        pytest.param(b"data: by hand\n\n", "by hand", id="bytes-as-they-are"),
        pytest.param(memoryview(b"data: by hand\n\n"), "by hand", id="memoryview-too"),
    ],
)  # fmt: skip
def test_events(part: Any, event: str) -> None:
    for content_type in (EVENTS, EVENTS + UTF8):
        assert read_events(encode_part(part, content_type.encode()) * 2) == [event, event]


# Refusals


def test_problem_details() -> None:
    rejection = Rejected(422, "Two are wrong.", errors=(("a", "is missing"), ("b/0", "is text")))
    assert json.loads(problem(rejection, b"id-7")) == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "Two are wrong.",
        "request_id": "id-7",
        "errors": [{"field": "a", "detail": "is missing"}, {"field": "b/0", "detail": "is text"}],
    }
    assert "errors" not in json.loads(problem(Rejected(404, "no"), b""))


def test_problem_details_can_always_be_sent() -> None:
    document = json.loads(problem(Rejected(400, "\udcff", errors=(("\udc80", "\ud800"),)), b"\xff"))
    assert (document["detail"], document["request_id"]) == ("?", "ÿ")
    assert document["errors"] == [{"field": "?", "detail": "?"}]


class Teapot(Exception):  # noqa: N818
    status = 418


class Named(Exception):  # noqa: N818
    status = HTTPStatus.CONFLICT


class Fine(Exception):  # noqa: N818
    status = 200


class Truthy(Exception):  # noqa: N818
    status = True


class Textual(Exception):  # noqa: N818
    status = "404"


class Property(Exception):  # noqa: N818
    @property
    def status(self) -> int:
        return 404


class OfAClient(Exception):  # noqa: N818
    def __init__(self) -> None:
        self.status = 404


class Mute(Exception):  # noqa: N818
    status = 409

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(Teapot("short and stout"), (418, "short and stout"), id="status-of-the-class"),
        pytest.param(Teapot(), (418, "I'm a Teapot"), id="without-words"),
        pytest.param(Named("x"), (409, "x"), id="http-status"),
        pytest.param(Rejected(403, "x"), (403, "x"), id="rejected"),
        pytest.param(Mute(), (409, "Conflict"), id="cannot-even-be-printed"),
        pytest.param(Fine("x"), None, id="a-success-is-no-refusal"),
        pytest.param(Truthy("x"), None, id="true-is-no-status"),
        pytest.param(Textual("x"), None, id="nor-is-text"),
        pytest.param(Property("x"), None, id="nor-a-property"),
        pytest.param(OfAClient(), None, id="status-of-an-instance-is-somebody-elses"),
        pytest.param(ValueError("x"), None, id="any-other"),
        pytest.param(KeyboardInterrupt(), None, id="not-even-an-exception"),
    ],
)
def test_rejection_of(error: BaseException, expected: tuple[int, str] | None) -> None:
    got = rejection_of(error)
    assert (None if got is None else (got.status, got.detail)) == expected


@pytest.mark.parametrize("status", [200, 99, 1000, "404"], ids=str)
def test_a_rejected_with_a_status_that_is_none_is_a_fault_of_the_model(status: Any) -> None:
    assert rejection_of(Rejected(status, "x")) is None
