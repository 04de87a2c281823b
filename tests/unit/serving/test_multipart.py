"""The form parser, spelling by spelling: what is read, what is refused and with which words."""

from __future__ import annotations

import pytest

from hitless.serving.multipart import FormError, Part, boundary_of, parse_multipart, parse_urlencoded

CURL = b"------------------------1bb5347a0c6e32a2"
CHROME = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"


def form(*parts: bytes) -> bytes:
    """Parts, each as `head CRLF CRLF content`, between boundaries `B`."""
    return b"".join(b"--B\r\n" + part + b"\r\n" for part in parts) + b"--B--\r\n"


def named(parameters: str, more: str = "", value: bytes = b"v") -> bytes:
    """A part with these parameters of its Content-Disposition, and more headers."""
    return f"Content-Disposition: form-data{parameters}{more}\r\n\r\n".encode() + value


def field(name: str, value: bytes = b"v") -> Part:
    return Part(name, value, None, None)


@pytest.mark.parametrize(
    ("boundary", "body", "parts"),
    [
        pytest.param(
            CURL,
            b"--" + CURL + b'\r\nContent-Disposition: form-data; name="images"; filename="seven.jpg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--\r\n--" + CURL + b"--\r\n",
            [Part("images", b"\xff\xd8\r\n--", "seven.jpg", "image/jpeg")],
            id="curl-file",
        ),
        pytest.param(
            CHROME,
            b"--" + CHROME + b'\r\nContent-Disposition: form-data; name="text"\r\n\r\nh\xc3\xa9\r\nllo\r\n'
            b"--" + CHROME + b'\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n\r\n--" + CHROME + b"--\r\n",
            [field("text", b"h\xc3\xa9\r\nllo"), Part("file", b"", "", "application/octet-stream")],
            id="browser-with-empty-file-input",
        ),
        pytest.param(
            b"B", form(named('; name="a"'), named('; name="a"')), [field("a"), field("a")], id="repeated-name"
        ),
        pytest.param(b"B", b"--B--\r\n", [], id="no-parts"),
        pytest.param(b"B", b"--B--", [], id="no-line-break-at-the-end"),
        pytest.param(b"B", form(named('; name=""')), [field("")], id="empty-name"),
        pytest.param(b"B", form(named('; name="a"', value=b"")), [field("a", b"")], id="empty-content"),
        pytest.param(b"B", b"--B\r\n" + named('; name="a"', value=b"--B--"), [field("a", b"")], id="no-content"),
        pytest.param(
            b"B",
            b"to be ignored\r\n\r\n" + form(named('; name="a"')) + b"so\r\n--B\r\nis this",
            [field("a")],
            id="preamble-and-epilogue",
        ),
        pytest.param(
            b"B",
            b"--B \t\r\n" + named('; name="a"') + b"\r\n--B\t\r\n" + named('; name="b"') + b"\r\n--B-- \t",
            [field("a"), field("b")],
            id="blanks-behind-boundaries",
        ),
        *(
            pytest.param(b"B", form(named('; name="a"', value=value)), [field("a", value)], id=f"content-{name}")
            for name, value in {
                "boundary-without-crlf": b"x--B\r\ny",
                "boundary-behind-lf": b"x\n--B\ny",
                "boundary-behind-cr": b"x\r--B\r\ny",
                "longer-boundary": b"x\r\n--Bx\r\ny",
                "boundary-with-one-dash": b"x\r\n--B-\r\n--B-y",
                "boundary-with-lf": b"x\r\n--B\ny",
                "boundary-with-cr": b"x\r\n--B\ry",
                "line-breaks": b"\r\n\r\n\r\n",
                "dashes": b"--",
                "every-byte": bytes(range(256)),
            }.items()
        ),
    ],
)
def test_body(boundary: bytes, body: bytes, parts: list[Part]) -> None:
    assert parse_multipart(body, boundary) == parts


@pytest.mark.parametrize(
    ("head", "part"),
    [
        pytest.param('; name="a"', field("a"), id="usual"),
        pytest.param(';name="a"', field("a"), id="no-blank"),
        pytest.param(' ;\tname = "a" ; ', field("a"), id="blanks"),
        pytest.param('; NAME="a"; FileName="b"', Part("a", b"v", "b", None), id="case-of-parameters"),
        pytest.param("; name=a; filename=b.c", Part("a", b"v", "b.c", None), id="unquoted"),
        pytest.param("; name=\ta ; x=y", field("a"), id="unquoted-with-blanks"),
        pytest.param("; name=", field(""), id="unquoted-empty"),
        pytest.param('; filename="b"; name="a"', Part("a", b"v", "b", None), id="other-order"),
        pytest.param('; x="; name=b"; y; name="a"', field("a"), id="other-parameters"),
        pytest.param('; name="a"; name="b"', field("b"), id="last-of-two"),
        pytest.param('; name="a;b=c, d"', field("a;b=c, d"), id="separators-in-quotes"),
        pytest.param('; name="é€"; filename="日本.jpg"', Part("é€", b"v", "日本.jpg", None), id="utf-8"),
        pytest.param('; name="%22a%0D%0A%2F%09"', field('"a\r\n%2F%09'), id="browser-escapes"),
        pytest.param('; name="a"; filename="%22b"', Part("a", b"v", '"b', None), id="browser-escapes-in-file-name"),
        pytest.param(r'; name="a\"b\\c%22"', field(r'a"b\c%22'), id="backslash-escapes"),
        pytest.param(r'; name="a%22b\\c"', field(r'a"b\c'), id="both-escapes-of-httpx"),
        pytest.param(r'; name="a\ b"', field("a b"), id="escaped-blank-of-aiohttp"),
        pytest.param(r'; name="a\b\n"', field(r"a\b\n"), id="backslashes-of-browsers"),
        pytest.param(r'; name="a"; filename="C:\x\y.jpg"', Part("a", b"v", "y.jpg", None), id="windows-path"),
        pytest.param(r'; name="a"; filename="C:\\x\\y.jpg"', Part("a", b"v", "y.jpg", None), id="escaped-windows-path"),
        pytest.param(r'; name="a"; filename="\\\\host\\y.jpg"', Part("a", b"v", "y.jpg", None), id="network-path"),
        pytest.param('; name="a"; filename="x/y.jpg"', Part("a", b"v", "x/y.jpg", None), id="other-path"),
        pytest.param("; name*=utf-8''%C3%A9", field("é"), id="extended-name-of-aiohttp"),
        pytest.param("; name=a; filename*=UTF-8'en'%E2%82%AC.x", Part("a", b"v", "€.x", None), id="extended-file-name"),
        pytest.param("; name=a; filename*=ISO-8859-1''%E9", Part("a", b"v", "é", None), id="extended-latin-1"),
        pytest.param(
            "; name=a; filename*=UTF-8''b; filename=c", Part("a", b"v", "c", None), id="plain-before-extended"
        ),
        pytest.param('; name="a"\r\nContent-Type: x/y; z="1"', Part("a", b"v", None, 'x/y; z="1"'), id="content-type"),
        pytest.param('; name="a"\r\ncontent-TYPE: \tx/y \t', Part("a", b"v", None, "x/y"), id="content-type-case"),
        pytest.param('; name="a"\r\nContent-Type: x/y \t', Part("a", b"v", None, "x/y"), id="content-type-blank-end"),
        pytest.param('; name="a"\r\nContent-Type:  x/y', Part("a", b"v", None, "x/y"), id="content-type-two-blanks"),
        pytest.param('; name="a"\r\nContent-Type: x', Part("a", b"v", None, "x"), id="content-type-of-one-character"),
        pytest.param('; name="a"\r\nContent-Type:', Part("a", b"v", None, ""), id="content-type-empty"),
        pytest.param('; name="a"\r\nX!: 1\r\nContent-Length: 99', field("a"), id="other-headers-are-ignored"),
        pytest.param('; name="a"\r\nContent-Transfer-Encoding: Binary', field("a"), id="binary"),
        pytest.param('; name="a"\r\nContent-Transfer-Encoding: 8bit', field("a"), id="8bit"),
        pytest.param('; name="a"\r\nContent-Transfer-Encoding:7BIT', field("a"), id="7bit"),
        pytest.param('; name="a"\r\nContent-Disposition: Form-Data ; name="b"', field("b"), id="last-of-two-headers"),
    ],
)
def test_head(head: str, part: Part) -> None:
    assert parse_multipart(form(named(head)), b"B") == [part]


def test_content_type_first() -> None:
    head = b'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    assert parse_multipart(form(head + b"v"), b"B") == [Part("a", b"v", None, "text/plain; charset=utf-8")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            b"", "The body does not contain the boundary that its Content-Type header names.", id="empty-body"
        ),
        pytest.param(
            form(named('; name="a"')).replace(b"--B", b"--C"),
            "The body does not contain the boundary that its Content-Type header names.",
            id="other-boundary",
        ),
        pytest.param(
            b"x" + form(named('; name="a"')),
            "The first boundary (at byte 1) does not start a line; lines end in CRLF.",
            id="preamble-without-line-break",
        ),
        pytest.param(
            form(named('; name="a"')).replace(b"\r\n", b"\n"),
            "The line of the first boundary does not end behind it (at byte 3); lines end in CRLF.",
            id="lines-end-in-lf",
        ),
        pytest.param(
            b"--B",
            "The line of the first boundary does not end behind it (at byte 3); lines end in CRLF.",
            id="cut-at-once",
        ),
        pytest.param(
            form(named('; name="a"', value=b"v\r\n--B x")),
            "Behind the boundary that ends at byte 55, only blanks and CRLF may follow.",
            id="text-behind-padding",
        ),
        pytest.param(
            b"--B\r\n" + named('; name="a"'),
            "The form is cut off: no boundary ends the part whose content starts at byte 49.",
            id="no-last-boundary",
        ),
        pytest.param(
            b"--B\r\n" + named('; name="a"') + b"\r\n--B",
            "The form is cut off: no boundary ends the part whose content starts at byte 49.",
            id="cut-in-last-boundary",
        ),
    ],
)
def test_refused_body(body: bytes, message: str) -> None:
    with pytest.raises(FormError) as error:
        parse_multipart(body, b"B")
    assert str(error.value) == message


NO_BLANK_LINE = b'Content-Disposition: form-data; name="b"'


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        pytest.param(b"\r\nv", "it has no Content-Disposition header", id="no-headers"),
        pytest.param(b"X: 1\r\n\r\nv", "it has no Content-Disposition header", id="no-disposition"),
        pytest.param(NO_BLANK_LINE, "no blank line ends its headers", id="no-blank-line"),
        pytest.param(b"X: " + b"x" * 16384, "its headers exceed 16384 bytes", id="long-head"),
        pytest.param(named(""), "its Content-Disposition has no name", id="no-name"),
        pytest.param(named("; name"), "its Content-Disposition has no name", id="name-without-value"),
        pytest.param(named('; filename="b"'), "its Content-Disposition has no name", id="only-a-file-name"),
        pytest.param(
            b"Content-Disposition: attachment; name=b\r\n\r\nv",
            "its Content-Disposition is 'attachment', not form-data",
            id="attachment",
        ),
        pytest.param(named('; name="b'), "its parameters break off at '\"b'", id="open-quote"),
        pytest.param(named('; name="b"c'), "its parameters break off at 'c'", id="text-behind-quotes"),
        pytest.param(named('; name=b"c"'), "its parameters break off at '\"c\"'", id="quotes-in-text"),
        pytest.param(
            named("; name=b; filename*=b"), "'b' is not a value of the form UTF-8''text (RFC 5987)", id="no-charset"
        ),
        pytest.param(
            named("; name*=utf-8'b"), "\"utf-8'b\" is not a value of the form UTF-8''text (RFC 5987)", id="no-language"
        ),
        pytest.param(
            named("; name*=koi8-r''b"),
            "\"koi8-r''b\" is not a value of the form UTF-8''text (RFC 5987)",
            id="other-charset",
        ),
        pytest.param(named("; name*=utf-8''%FF"), "its headers are not UTF-8", id="extended-not-utf-8"),
        pytest.param(named("; name=b").replace(b"b\r", b"\xe9\r"), "its headers are not UTF-8", id="latin-1-in-head"),
        pytest.param(named("; name=b", "\r\nnothing"), "'nothing' is not a header", id="no-colon"),
        pytest.param(named("; name=b", "\r\nX : 1"), "'X : 1' is not a header", id="blank-before-colon"),
        pytest.param(named("; name=b", "\r\n: 1"), "': 1' is not a header", id="no-header-name"),
        pytest.param(named("; name=b", "\r\nX: 1\r\n 2"), "' 2' is not a header", id="folded-header"),
        pytest.param(named("; name=b\r\n--B"), "'--B' is not a header", id="boundary-in-head"),
        pytest.param(
            named("; name=b", "\r\nContent-Transfer-Encoding: base64"),
            "its Content-Transfer-Encoding is 'base64'; send plain bytes (RFC 7578 §4.7)",
            id="base64",
        ),
        pytest.param(
            named("; name=b", "\r\nContent-Transfer-Encoding: Quoted-Printable"),
            "its Content-Transfer-Encoding is 'Quoted-Printable'; send plain bytes (RFC 7578 §4.7)",
            id="quoted-printable",
        ),
    ],
)
def test_refused_part(part: bytes, reason: str) -> None:
    first = named('; name="a"')
    with pytest.raises(FormError) as error:
        parse_multipart(form(first, part), b"B")
    assert str(error.value) == f"Part 2 of the form (at byte {len(first) + 12}) is malformed: {reason}."


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(['Content-Disposition: form-data; name="a\n"'], id="name"),
        pytest.param(['Content-Disposition: form-data; name="a"; filename="\r"'], id="file-name"),
        pytest.param(['Content-Disposition: form-data; name="a"', "Content-Type: x\ny"], id="lf-in-content-type"),
        pytest.param(['Content-Disposition: form-data; name="a"', "Content-Type: x\ry"], id="cr-in-content-type"),
        pytest.param(['Content-Disposition: form-data; name="a"', "Content-Type: \rx"], id="start-of-content-type"),
        pytest.param(["Content-Disposition: form-data; name=a\nX: 1"], id="lf-ends-line"),
        pytest.param(["X: 1", "Content-Disposition: form-data; name=a\rX: 1"], id="cr-ends-line"),
    ],
)
def test_refused_line_break(lines: list[str]) -> None:
    with pytest.raises(FormError) as error:
        parse_multipart(form("\r\n".join([*lines, "", "v"]).encode()), b"B")
    reason = f"a line break in its headers is not CRLF, in {lines[-1]!r}"
    assert str(error.value) == f"Part 1 of the form (at byte 5) is malformed: {reason}."


@pytest.mark.parametrize(
    ("most", "one_more", "limits", "message"),
    [
        pytest.param(
            form(*[named("; name=a")] * 3),
            form(*[named("; name=a")] * 4),
            {"max_parts": 3},
            "The form has more than 3 parts.",
            id="parts",
        ),
        pytest.param(
            form(named("; name=" + "a" * 60)),
            form(named("; name=" + "a" * 61)),
            {"max_part_head": 97},
            "Part 1 of the form (at byte 5) is malformed: its headers exceed 97 bytes.",
            id="head",
        ),
        pytest.param(
            form(named("; name=a", "\r\nX: 1" * 15)),
            form(named("; name=a", "\r\nX: 1" * 16)),
            {},
            "Part 1 of the form (at byte 5) is malformed: it has more than 16 headers.",
            id="headers",
        ),
        pytest.param(
            form(named("; name=a" + "; x" * 15)),
            form(named("; name=a" + "; x" * 16)),
            {},
            "Part 1 of the form (at byte 5) is malformed: it has more than 16 parameters in one header.",
            id="parameters",
        ),
    ],
)
def test_limit(most: bytes, one_more: bytes, limits: dict[str, int], message: str) -> None:
    parse_multipart(most, b"B", **limits)
    with pytest.raises(FormError) as error:
        parse_multipart(one_more, b"B", **limits)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        pytest.param("multipart/form-data; boundary=B", b"B", id="plain"),
        pytest.param(b"multipart/form-data; boundary=B", b"B", id="bytes"),
        pytest.param('multipart/form-data;boundary="a b?(\'/:=,"', b"a b?('/:=,", id="quoted"),
        pytest.param("multipart/form-data; charset=utf-8; BOUNDARY=B; x=y", b"B", id="between-others"),
        pytest.param('multipart/form-data; x="; boundary=A"; boundary=B', b"B", id="not-within-quotes"),
        pytest.param(r'multipart/form-data; boundary="a\B"', b"aB", id="escaped"),
        pytest.param("multipart/form-data; boundary=a/b:c=d", b"a/b:c=d", id="unquoted-though-special"),
        pytest.param("multipart/form-data; boundary=" + "b" * 70, b"b" * 70, id="longest"),
    ],
)
def test_boundary(content_type: str | bytes, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        pytest.param("multipart/form-data", "The Content-Type header names no boundary.", id="none"),
        pytest.param("multipart/form-data; boundary", "The Content-Type header names no boundary.", id="no-value"),
        pytest.param('multipart/form-data; boundary=""', "The Content-Type header names no boundary.", id="empty"),
        pytest.param(
            'multipart/form-data; boundary="B',
            "The Content-Type header cannot be read: its parameters break off at '\"B'.",
            id="open-quote",
        ),
        pytest.param(
            "multipart/form-data; boundary=" + "b" * 71,
            "The boundary in the Content-Type header has more than 70 characters.",
            id="too-long",
        ),
        *(
            pytest.param(
                f'multipart/form-data; boundary="{text}"',
                "The boundary in the Content-Type header must be printable ASCII and not end in a space.",
                id=name,
            )
            for name, text in {"ends-in-space": "b ", "not-ascii": "é", "control": "a\tb"}.items()
        ),
    ],
)
def test_refused_boundary(content_type: str, message: str) -> None:
    with pytest.raises(FormError) as error:
        boundary_of(content_type)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a=1&b=2", [field("a", b"1"), field("b", b"2")], id="two"),
        pytest.param(b"a=1&a=2", [field("a", b"1"), field("a", b"2")], id="repeated-name"),
        pytest.param(b"a=x+y%2B%26%3d", [field("a", b"x y+&=")], id="escapes"),
        pytest.param(b"a+b%C3%A9=v", [field("a bé")], id="escapes-in-name"),
        pytest.param(b"a=%FF\xfe", [field("a", b"\xff\xfe")], id="binary-value"),
        pytest.param(b"a=b=c", [field("a", b"b=c")], id="second-equals-sign"),
        pytest.param(b"a&b=&=c", [field("a", b""), field("b", b""), field("", b"c")], id="one-side-missing"),
        pytest.param(b"&&a=v&", [field("a")], id="empty-fields"),
        pytest.param(b"a=%zz%4", [field("a", b"%zz%4")], id="broken-escapes-stay"),
        pytest.param(b"a;b=v", [field("a;b")], id="semicolon-separates-nothing"),
    ],
)
def test_urlencoded(body: bytes, parts: list[Part]) -> None:
    assert parse_urlencoded(body) == parts


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"a=1&%FF=2", "Field 2 of the form has a name that is not UTF-8.", id="name-not-utf-8"),
        pytest.param(b"a=1&b=2&c=3&d=4", "The form has more than 3 fields.", id="too-many"),
    ],
)
def test_refused_urlencoded(body: bytes, message: str) -> None:
    assert len(parse_urlencoded(b"a=1&b=2&c=3", max_fields=3)) == 3
    with pytest.raises(FormError) as error:
        parse_urlencoded(body, max_fields=3)
    assert str(error.value) == message
