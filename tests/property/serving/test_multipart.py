"""The form parser against two well-kept parsers (`multipart` and `python-multipart`).

A body that a sender may write gives the same parts everywhere. On mutated bodies we say what both judges say, except
for the differences that two tables below name and reason, each with an example that is itself a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import multipart as defnull
import pytest
import python_multipart
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_multipart import multipart as push_form

from hitless.serving.multipart import FormError, Part, boundary_of, parse_multipart

Parts = list[Part]
LARGE = 1 << 30


# The judges. None means refused; content types are compared as sent.


def read(body: bytes, boundary: bytes) -> tuple[Parts | None, str]:
    """What we read, or why we refuse."""
    try:
        return parse_multipart(body, boundary), ""
    except FormError as error:
        return None, str(error)


def by_multipart(body: bytes, boundary: bytes) -> Parts | None:
    limits = {"max_header_size": LARGE, "max_header_count": LARGE, "max_segment_count": LARGE}
    parser = defnull.PushMultipartParser(boundary.decode(), **limits)
    parts: Parts = []
    try:
        with parser:
            for event in parser.parse(body):
                if isinstance(event, defnull.MultipartSegment):
                    content_type = event.header("Content-Type")
                    parts.append(Part(event.name, b"", event.filename, content_type and content_type.strip(" \t")))
                elif event:
                    parts[-1] = parts[-1]._replace(value=parts[-1].value + event)
    except defnull.MultipartError:
        return None
    return parts


def by_python_multipart(body: bytes, boundary: bytes) -> Parts | None:
    parts: Parts = []
    ends: list[bool] = []

    def take(field: Any) -> None:
        filename = getattr(field, "file_name", None)
        value = field.value if filename is None else field.file_object.getvalue()
        content_type = field.content_type and field.content_type.encode("latin-1").decode()
        parts.append(
            Part(field.field_name.decode(), value, None if filename is None else filename.decode(), content_type)
        )

    config = {"MAX_MEMORY_FILE_SIZE": LARGE, "MAX_HEADER_COUNT": LARGE, "MAX_HEADER_SIZE": LARGE}
    parser = push_form.FormParser(
        "multipart/form-data", take, take, on_end=lambda: ends.append(True), boundary=boundary, config=config
    )
    try:
        parser.write(body)
    except (ValueError, python_multipart.exceptions.FormParserError):
        return None
    return parts if ends else None


JUDGES: dict[str, Callable[[bytes, bytes], Parts | None]] = {
    "multipart": by_multipart,
    "python-multipart": by_python_multipart,
}


# Bodies that a sender may write.

BOUNDARY_END = "abcXYZ019'()+_,-./:=?"
boundaries = st.builds(
    lambda start, end: (start + end).encode(),
    st.text(BOUNDARY_END + " ", max_size=69),
    st.sampled_from(BOUNDARY_END),
) | st.sampled_from([b"B", b"----WebKitFormBoundaryAbC123", b"------------------------1bb5347a0c6e32a2"])
# Of escapes each judge has its own opinion; test_multipart_encoders.py has them.
texts = st.text(st.characters(exclude_characters='\\%"\r\n', exclude_categories=["Cs"]), max_size=12)
content_types = st.none() | st.sampled_from(["image/jpeg", "text/plain; charset=utf-8", "x", 'a/b; c="d"'])
spellings = st.sampled_from([("Content-Disposition", "Content-Type"), ("content-disposition", "CONTENT-TYPE")])


def contents(boundary: bytes) -> st.SearchStrategy[bytes]:
    """Octets, rich in what a boundary is made of, but without a whole delimiter (that is the sender's duty)."""
    pieces = [b"\r\n", b"\r", b"\n", b"--", b"-", boundary, b"--" + boundary, boundary[:-1], b"\r\n--", b" "]
    mixed = st.lists(st.sampled_from(pieces) | st.binary(max_size=8), max_size=8).map(b"".join)
    return mixed.filter(lambda value: b"\r\n--" + boundary not in b"\r\n" + value)


@st.composite
def forms(draw: st.DrawFn) -> tuple[bytes, bytes, Parts]:
    """A boundary, the fields and the body that they make."""
    boundary = draw(boundaries)
    parts = draw(st.lists(st.builds(Part, texts, contents(boundary), st.none() | texts, content_types), max_size=4))
    body = b""
    for part in parts:
        disposition_header, type_header = draw(spellings)
        disposition = f'form-data; name="{part.name}"' + (
            "" if part.filename is None else f'; filename="{part.filename}"'
        )
        headers = [disposition_header + ": " + disposition]
        if part.content_type is not None:
            headers.append(type_header + ": " + part.content_type)
        if draw(st.booleans()):
            headers.append(draw(st.sampled_from(["Content-Transfer-Encoding: binary", "X-Other: 1", "Content-Id:"])))
        head = "\r\n".join(draw(st.permutations(headers))).encode()
        body += b"--" + boundary + b"\r\n" + head + b"\r\n\r\n" + part.value + b"\r\n"
    return boundary, body + b"--" + boundary + b"--" + draw(st.sampled_from([b"\r\n", b"", b"\r\nepilogue"])), parts


@settings(deadline=None)
@given(forms())
def test_all_read_what_was_written(form: tuple[bytes, bytes, Parts]) -> None:
    boundary, body, parts = form
    assert parse_multipart(body, boundary) == parts
    assert {name: judge(body, boundary) for name, judge in JUDGES.items()} == dict.fromkeys(JUDGES, parts)


# Where we differ from both judges, and why.


class Difference(NamedTuple):
    """`ours` is what we read in the example, or a piece of the reason for which we refuse it."""

    name: str
    why: str
    example: bytes
    ours: Parts | str
    pattern: bytes = rb"(?!)"  # where it explains another reading; <B> stands for the boundary


def explains(row: Difference | Tolerance, body: bytes, boundary: bytes) -> bool:
    return re.search(row.pattern.replace(b"<B>", re.escape(boundary)), body) is not None


def one(disposition: bytes, value: bytes = b"v", more: bytes = b"") -> bytes:
    return b"--B\r\nContent-Disposition: form-data; " + disposition + more + b"\r\n\r\n" + value + b"\r\n--B--\r\n"


BOTH_ACCEPT = [
    Difference(
        "line-break-in-head",
        "they take a bare LF into the value and lose the header behind it",
        one(b'name="a"', more=b"\r\nContent-Type: text/plain\nContent-Transfer-Encoding: base64"),
        "not CRLF",
    ),
    Difference(
        "transfer-encoding",
        "one decodes, the other does not, so that it depends on the content whether they agree; RFC 7578 §4.7 ended it",
        one(b'name="a"', more=b"\r\nContent-Transfer-Encoding: quoted-printable"),
        "Content-Transfer-Encoding is 'quoted-printable'",
    ),
    Difference(
        "broken-parameters",
        "a quoted string that does not end, or text behind it, is a cut or forged header",
        one(b'name="a"; filename="x\\"'),
        "parameters break off",
    ),
    Difference(
        "name-without-value",
        "RFC 7578 §4.2: a part has a name; they make it the empty one",
        one(b"name"),
        "has no name",
    ),
    Difference(
        "empty-part-without-body",
        "RFC 2046 §5.1.1: the blank line may be the delimiter's line break; they take the rest for its content",
        one(b'name="a"', b'--B\r\nContent-Disposition: form-data; name="b"\r\n\r\nv'),
        [Part("a", b"", None, None), Part("b", b"v", None, None)],
        rb"\r\n\r\n--<B>",
    ),
    Difference(
        "extended-parameter",
        "RFC 5987: they know a file only by the plain parameter",
        one(b"name=\"a\"; filename*=UTF-8''%E2%82%AC"),
        [Part("a", b"v", "€", None)],
        rb"name\*",
    ),
    Difference(
        "escaped-blank",
        "RFC 9110 §5.6.4: aiohttp escapes blanks in names",
        one(b'name="a\\ b"'),
        [Part("a b", b"v", None, None)],
        rb"\\[ \t]",
    ),
]


class Tolerance(NamedTuple):
    """What some judges refuse and we accept."""

    name: str
    why: str
    refused_by: set[str]
    example: bytes
    ours: Parts
    pattern: bytes


A = [Part("a", b"v", None, None)]
ACCEPTED = [
    Tolerance(
        "padding",
        "RFC 2046 §5.1.1: transport-padding",
        {"multipart", "python-multipart"},
        one(b'name="a"').replace(b"--B\r\n", b"--B \t\r\n"),
        A,
        rb"--<B>[ \t]+\r\n",
    ),
    Tolerance(
        "preamble",
        "RFC 2046 §5.1.1: [preamble CRLF]",
        {"python-multipart"},
        b"to be ignored\r\n" + one(b'name="a"'),
        A,
        rb"\A(?!--<B>)",
    ),
    Tolerance(
        "almost-a-boundary",
        "content is no delimiter as long as neither CRLF nor -- follows",
        {"multipart"},
        one(b'name="a"', b"v\r\n--Bx"),
        [Part("a", b"v\r\n--Bx", None, None)],
        rb"\r\n--<B>(?!\r\n|--)",
    ),
    Tolerance(
        "length-of-part",
        "RFC 7578 §4.8: other headers must be ignored",
        {"multipart"},
        one(b'name="a"', more=b"\r\nContent-Length: 9"),
        A,
        rb"(?i)content-length",
    ),
    Tolerance(
        "token",
        "RFC 9110 §5.6.2: a header's name is a token",
        {"multipart"},
        one(b'name="a"', more=b"\r\nX!: 1"),
        A,
        rb"[!#$&'*+.^`|~%][^\r\n]*:",
    ),
    Tolerance(
        "extended-name",
        "aiohttp writes names so that are not ASCII",
        {"python-multipart"},
        one(b"name*=utf-8''%E2%82%AC"),
        [Part("€", b"v", None, None)],
        rb"(?i)name\*",
    ),
    Tolerance(
        "empty-part-without-body",
        "the same as above, where it is the last part",
        {"multipart", "python-multipart"},
        one(b'name="a"', b"")[: -len(b"\r\n--B--\r\n")] + b"--B--\r\n",
        [Part("a", b"", None, None)],
        rb"\r\n\r\n--<B>",
    ),
]


@pytest.mark.parametrize("row", BOTH_ACCEPT, ids=lambda row: row.name)
def test_difference(row: Difference) -> None:
    readings = [judge(row.example, b"B") for judge in JUDGES.values()]
    assert readings[0] is not None
    assert readings[0] == readings[1]
    if isinstance(row.ours, str):
        with pytest.raises(FormError, match=re.escape(row.ours)):
            parse_multipart(row.example, b"B")
    else:
        assert parse_multipart(row.example, b"B") == row.ours != readings[0]
        assert explains(row, row.example, b"B")


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.name)
def test_tolerance(row: Tolerance) -> None:
    assert {name for name, judge in JUDGES.items() if judge(row.example, b"B") is None} == row.refused_by
    assert parse_multipart(row.example, b"B") == row.ours
    assert explains(row, row.example, b"B")


# Mutated bodies.

DEBRIS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"--",
    b"\r\n\r\n",
    b'"',
    b";",
    b"=",
    b"\\",
    b"%22",
    b":",
    b" ",
    b"\t",
    b"*",
    b"\0",
    b"\xff",
]
WORDS = [
    b"\r\nContent-Type: ",
    b"\r\nContent-Disposition: form-data; ",
    b"\r\nContent-Transfer-Encoding: base64",
    b"\r\nContent-Length: 1",
    b'name="x"',
    b'; filename="y"',
    b"name*=utf-8''%C3%A9",
    b"C:\\\\",
    b"\r\n--B--",
]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[bytes, bytes]:
    boundary, body, _ = draw(forms())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(
            st.one_of(st.just(start), st.integers(start, min(len(body), start + 8)), st.integers(start, len(body)))
        )
        inserted = draw(
            st.sampled_from([b"", *DEBRIS, *WORDS, b"--" + boundary, b"\r\n--" + boundary, boundary])
            | st.binary(max_size=2)
            | st.just(body[start:end] * 2)
        )
        body = body[:start] + inserted + body[end:]
    return boundary, body


@settings(max_examples=300, deadline=None)
@given(mutants())
@example((b"B", one(b'name="a"; name="b"')))
def test_on_mutants_we_say_what_both_judges_say(mutant: tuple[bytes, bytes]) -> None:
    boundary, body = mutant
    readings = {name: judge(body, boundary) for name, judge in JUDGES.items()}
    found, reason = read(body, boundary)
    refused_by = {name for name, reading in readings.items() if reading is None}
    if len(refused_by) == len(JUDGES) and found is not None:
        assert refused_by <= set().union(*(row.refused_by for row in ACCEPTED if explains(row, body, boundary)))
    if not refused_by and readings["multipart"] == readings["python-multipart"] != found:
        refusals = [row.ours for row in BOTH_ACCEPT if isinstance(row.ours, str)]
        because = any(re.sub(r" is '.*", " is ", refusal) in reason for refusal in refusals)
        assert because or any(explains(row, body, boundary) for row in BOTH_ACCEPT)


# The boundary.


@settings(deadline=None)
@given(
    boundaries,
    st.booleans(),
    st.sampled_from(["boundary", "Boundary", "BOUNDARY"]),
    st.sampled_from([";", "; ", " ; "]),
)
def test_boundary_as_all_read_it(boundary: bytes, quoted: bool, key: str, semicolon: str) -> None:
    text = boundary.decode()
    if not re.fullmatch(r"[0-9A-Za-z'+_.-]+", text):  # other characters need quotes, RFC 2046 §5.1.1
        quoted = True
    value = f'"{text}"' if quoted else text
    content_type = f"multipart/form-data{semicolon}{key}={value}{semicolon}charset=utf-8"
    assert boundary_of(content_type) == boundary_of(content_type.encode()) == boundary
    assert push_form.parse_options_header(content_type)[1][b"boundary"] == boundary
    if ";\t" not in content_type:
        assert defnull.parse_options_header(content_type)[1]["boundary"] == text
