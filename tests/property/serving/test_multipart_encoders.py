"""The form parser reads what encoders write: httpx, requests, urllib3, aiohttp, browsers, quoted-string writers."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

import aiohttp
import httpx
import pytest
import requests
import urllib3
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hitless.serving.multipart import Part, boundary_of, parse_multipart, parse_urlencoded

Parts = list[Part]


# Names and file names with escapes.


def as_browsers(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def as_quoted_string(text: str) -> str:
    return re.sub(r'(["\\ \t])', r"\\\1", text)


escapable = st.text('ab%2"\\ \té€:;=,', max_size=12)


@settings(deadline=None)
@given(name=escapable, filename=escapable)
@pytest.mark.parametrize(
    ("escape", "spoilt_by"),
    [
        # What WHATWG's escapes leave ambiguous, and the whole paths of old browsers.
        pytest.param(as_browsers, r'%22|%0[AD]|\\["\\ \t]|\\\Z|\A\\\\|\A.:\\', id="browsers"),
        pytest.param(as_quoted_string, r'\A(?!.*").*%22|\A\\\\|\A.:\\', id="quoted-string"),
    ],
)
def test_escaped_names(escape: Callable[[str], str], spoilt_by: str, name: str, filename: str) -> None:
    assume(not re.search(spoilt_by, name) and not re.search(spoilt_by, filename))
    head = f'Content-Disposition: form-data; name="{escape(name)}"; filename="{escape(filename)}"'.encode()
    body = b"--B\r\n" + head + b"\r\n\r\nv\r\n--B--\r\n"
    assert parse_multipart(body, b"B") == [Part(name, b"v", filename, None)]


# Real encoders. Each escapes in its own way and loses what its `texts` leave out.


class Sent(NamedTuple):
    content_type: str | bytes
    body: bytes


def files_of(parts: Parts) -> list[tuple[str, Any]]:
    """The argument `files` of httpx and requests."""
    return [(p.name, (p.filename, p.value, p.content_type) if p.filename else (None, p.value)) for p in parts]


def by_httpx(parts: Parts) -> Sent:
    request = httpx.Request("POST", "http://server/", files=files_of(parts))
    return Sent(request.headers["Content-Type"], request.read())


def by_requests(parts: Parts) -> Sent:
    request = requests.Request("POST", "http://server/", files=files_of(parts)).prepare()
    assert isinstance(request.body, bytes)
    return Sent(request.headers["Content-Type"], request.body)


def by_urllib3(parts: Parts) -> Sent:
    fields = [(p.name, (p.filename, p.value, p.content_type or "") if p.filename else p.value) for p in parts]
    body, content_type = urllib3.encode_multipart_formdata(fields)
    return Sent(content_type, body)


def by_aiohttp(parts: Parts) -> Sent:
    form = aiohttp.FormData(default_to_multipart=True)
    for part in parts:
        value = io.BytesIO(part.value) if part.filename else part.value.decode("latin-1")
        form.add_field(part.name, value, filename=part.filename, content_type=part.content_type)
    writer = form()
    return Sent(writer.headers["Content-Type"], asyncio.run(writer.as_bytes()))


def read_from_aiohttp(part: Part) -> Part:
    """It percent-encodes file names, which nobody can tell from a file of that name."""
    if part.filename:
        return part._replace(filename=quote(part.filename, "").replace("%22", '"'))
    return part._replace(value=part.value.decode("latin-1").encode(), content_type="text/plain; charset=utf-8")


def as_written(part: Part) -> Part:
    return part


def text_without(characters: str) -> st.SearchStrategy[str]:
    every = st.characters(exclude_characters=characters, exclude_categories=["Cs", "Cc"]) | st.sampled_from('"é \\ab')
    return st.text(every.filter(lambda character: character not in characters), min_size=1, max_size=8)


def parts_of(names: st.SearchStrategy[str]) -> st.SearchStrategy[Parts]:
    file = st.builds(Part, names, st.binary(max_size=16), names.filter(lambda f: "\\" not in f), st.just("image/jpeg"))
    field = st.builds(Part, names, st.binary(max_size=16), st.none(), st.none())
    return st.lists(file | field, min_size=1, max_size=3)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize(
    ("encode", "names", "read"),
    [
        pytest.param(by_httpx, text_without("%"), as_written, id="httpx"),
        pytest.param(by_requests, text_without("%\\"), as_written, id="requests"),
        pytest.param(by_urllib3, text_without("%\\") | st.just("\r\n"), as_written, id="urllib3"),
        pytest.param(by_aiohttp, text_without("%"), read_from_aiohttp, id="aiohttp"),
    ],
)
def test_real_encoders(
    encode: Callable[[Parts], Sent],
    names: st.SearchStrategy[str],
    read: Callable[[Part], Part],
    data: st.DataObject,
) -> None:
    parts = data.draw(parts_of(names))
    content_type, body = encode(parts)
    assert parse_multipart(body, boundary_of(content_type)) == [read(part) for part in parts]


# The other kind of form.


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=6))
def test_urlencoded_as_it_was_written(fields: list[tuple[str, bytes]]) -> None:
    assert parse_urlencoded(urlencode(fields).encode()) == [Part(name, value, None, None) for name, value in fields]


@settings(deadline=None)
@given(st.text("x=&+%26é", max_size=24).map(str.encode))
def test_urlencoded_as_the_standard_library_reads_it(body: bytes) -> None:
    expected = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    assert [(p.name.encode(), p.value) for p in parse_urlencoded(body)] == [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in expected
    ]
