"""Reads a complete form body into its parts: multipart/form-data (RFC 7578) and application/x-www-form-urlencoded.

Bytes in, parts or a FormError out; what a part means is decided elsewhere. Lines end in CRLF and nothing else, names
are UTF-8, and what no sender writes on purpose is refused, with its place. One pass, in linear time, whatever comes.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from functools import lru_cache
from typing import NamedTuple

MAX_BOUNDARY = 70  # characters, RFC 2046 §5.1.1
MAX_HEADERS = 16  # in a part; RFC 7578 §4.8 knows three
MAX_PARAMETERS = 16  # of a header

_LAST = -1  # what stands behind a boundary: the end of the form
_CONTENT = -2  # what stands behind a boundary: it is none, but content that looks like one

# What nearly all senders write; of each other spelling, _read_head makes the same by the rules.
_USUAL_HEAD = re.compile(
    r'Content-Disposition: form-data; name="([^"\\%\r\n]*+)"(?:; filename="([^"\\%\r\n]*+)")?'
    r"(?:\r\nContent-Type: ([^ \t\r\n][^\r\n]*+)(?<![ \t]))?"
).fullmatch

# Possessive throughout, so that no input makes it backtrack. Group 1: key, 2: inside of a quoted string, 3: bare value.
_PARAMETER = re.compile(r';([^=;"]*+)(?:=[ \t]*+(?:"((?:[^"\\]|\\.)*+)"|([^;"]*+)))?+[ \t]*+')
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
# Runs of escapes, each undone in one step: a body may consist of them.
_BACKSLASHED = re.compile(r'(?:\\["\\ \t])++')
_PERCENTS = re.compile(rb"(?:%[0-9A-Fa-f]{2})++")
_BOUNDARY = re.compile(r"[ -~]*[!-~]")  # more than RFC 2046 allows, all that is safe


class FormError(ValueError):
    """The body is not a readable form. The message is a sentence for the client.

    Parts count from 1, bytes of the body from 0.
    """


class Part(NamedTuple):
    """One field or file of a form.

    `filename` and `content_type` (as sent, parameters included) are None where the sender gave none; of an empty file
    input, browsers send the filename "".
    """

    name: str
    value: bytes
    filename: str | None
    content_type: str | None


@lru_cache(maxsize=64)
def boundary_of(content_type: bytes | str) -> bytes:
    """The boundary that a Content-Type header of a multipart body declares (RFC 2046 §5.1.1), quoted or not.

    The media type itself is the caller's to compare. Raises FormError if there is no usable boundary.
    """
    text = content_type if isinstance(content_type, str) else content_type.decode("latin-1")
    try:
        boundary = _split_parameters(text)[1].get("boundary")
    except FormError as error:
        raise FormError(f"The Content-Type header cannot be read: {error}.") from None
    if not boundary:
        raise FormError("The Content-Type header names no boundary.")
    boundary = re.sub(r"\\(.)", r"\1", boundary)
    if len(boundary) > MAX_BOUNDARY:
        raise FormError(f"The boundary in the Content-Type header has more than {MAX_BOUNDARY} characters.")
    if not _BOUNDARY.fullmatch(boundary):
        raise FormError("The boundary in the Content-Type header must be printable ASCII and not end in a space.")
    return boundary.encode()


def parse_multipart(
    body: bytes, boundary: bytes, *, max_parts: int = 1000, max_part_head: int = 16 * 1024
) -> list[Part]:
    """All parts of a complete multipart/form-data body, in order; repeated names stay repeated.

    `max_part_head` limits the bytes of one part's headers. Raises FormError for a body that is malformed or cut off,
    for a part without a name, for a Content-Transfer-Encoding that needs decoding (RFC 7578 §4.7), beyond the limits.
    """
    delimiter = b"\r\n--" + boundary
    parts: list[Part] = []
    head = _first_head(body, delimiter[2:])
    while head != _LAST:
        if len(parts) == max_parts:
            raise FormError(f"The form has more than {max_parts} parts.")
        # From the line break before the head, so that a part without headers has its blank line too.
        blank = body.find(b"\r\n\r\n", head - 2, head + max_part_head + 4)
        if blank < 0:
            too_long = len(body) - head > max_part_head
            reason = f"its headers exceed {max_part_head} bytes" if too_long else "no blank line ends its headers"
            raise _malformed(len(parts), head, reason)
        try:
            name, filename, content_type = _read_head(body[head:blank])
        except FormError as error:
            raise _malformed(len(parts), head, str(error)) from None
        except UnicodeDecodeError:
            raise _malformed(len(parts), head, "its headers are not UTF-8") from None
        # From the blank line, which may be the delimiter's own line break: body-part := headers [CRLF *OCTET].
        end, head = _next_delimiter(body, delimiter, blank + 2)
        parts.append(Part(name, body[blank + 4 : end], filename, content_type))
    return parts


def parse_urlencoded(body: bytes, *, max_fields: int = 1000) -> list[Part]:
    """All fields of an application/x-www-form-urlencoded body (WHATWG URL §5.1), in order, as parts of text.

    Raises FormError for a name that is not UTF-8 and beyond the limit (empty fields count, but give no part).
    """
    fields = body.split(b"&", max_fields)
    if len(fields) > max_fields:
        raise FormError(f"The form has more than {max_fields} fields.")
    parts = []
    for number, field in enumerate(fields, 1):
        if not field:
            continue
        name, _, value = field.replace(b"+", b" ").partition(b"=")
        try:
            parts.append(Part(_decode_percents(name).decode(), _decode_percents(value), None, None))
        except UnicodeDecodeError:
            raise FormError(f"Field {number} of the form has a name that is not UTF-8.") from None
    return parts


def _first_head(body: bytes, dash_boundary: bytes) -> int:
    """Where the head of the first part starts, behind any preamble, or _LAST."""
    found = 0 if body.startswith(dash_boundary) else body.find(dash_boundary)
    if found < 0:
        raise FormError("The body does not contain the boundary that its Content-Type header names.")
    if found and body[found - 2 : found] != b"\r\n":
        raise FormError(f"The first boundary (at byte {found}) does not start a line; lines end in CRLF.")
    after = found + len(dash_boundary)
    head = _head_after(body, after)
    if head == _CONTENT:
        raise FormError(f"The line of the first boundary does not end behind it (at byte {after}); lines end in CRLF.")
    return head


def _next_delimiter(body: bytes, delimiter: bytes, start: int) -> tuple[int, int]:
    """Where the content up to the next delimiter ends, and where the head behind it starts (or _LAST)."""
    found = body.find(delimiter, start)
    while found >= 0:
        after = found + len(delimiter)
        head = _head_after(body, after)
        if head != _CONTENT:
            return found, head
        found = body.find(delimiter, after)
    raise FormError(f"The form is cut off: no boundary ends the part whose content starts at byte {start + 2}.")


def _head_after(body: bytes, at: int) -> int:
    """Where the head behind a boundary that ends at `at` starts; _LAST behind the last, _CONTENT if it is none."""
    tail = body[at : at + 2]
    if tail == b"\r\n":
        return at + 2
    if tail == b"--":
        return _LAST
    if tail[:1] not in (b" ", b"\t"):
        return _CONTENT
    line_end = body.find(b"\r\n", at)  # transport padding, RFC 2046 §5.1.1
    if line_end < 0 or body[at:line_end].strip(b" \t"):
        raise FormError(f"Behind the boundary that ends at byte {at}, only blanks and CRLF may follow.")
    return line_end + 2


def _malformed(index: int, head: int, reason: str) -> FormError:
    return FormError(f"Part {index + 1} of the form (at byte {head}) is malformed: {reason}.")


def _read_head(head: bytes) -> tuple[str, str | None, str | None]:
    """Name, file name and content type from the headers of a part; of a repeated header the last counts."""
    text = head.decode()
    usual = _USUAL_HEAD(text)
    if usual:
        name, filename, content_type = usual.groups()
        return name, filename, content_type
    disposition = content_type = None
    lines = text.split("\r\n", MAX_HEADERS)
    if len(lines) > MAX_HEADERS:
        raise FormError(f"it has more than {MAX_HEADERS} headers")
    for line in lines:
        if "\n" in line or "\r" in line:
            raise FormError(f"a line break in its headers is not CRLF, in {line[:60]!r}")
        field, colon, value = line.partition(":")
        if line and not (colon and _TOKEN.fullmatch(field)):
            raise FormError(f"{line[:60]!r} is not a header")
        field = field.lower()
        if field == "content-disposition":
            disposition = value
        elif field == "content-type":
            content_type = value.strip(" \t")
        elif field == "content-transfer-encoding":
            _refuse_encoded(value.strip(" \t"))
    if disposition is None:
        raise FormError("it has no Content-Disposition header")
    return *_read_disposition(disposition), content_type


def _refuse_encoded(encoding: str) -> None:
    if encoding.lower() not in ("7bit", "8bit", "binary"):
        raise FormError(f"its Content-Transfer-Encoding is {encoding[:60]!r}; send plain bytes (RFC 7578 §4.7)")


def _read_disposition(value: str) -> tuple[str, str | None]:
    """Name and file name from the value of a Content-Disposition header."""
    kind, parameters = _split_parameters(value)
    if kind != "form-data":
        raise FormError(f"its Content-Disposition is {kind[:60]!r}, not form-data")
    name = _text_of(parameters, "name")
    if name is None:
        raise FormError("its Content-Disposition has no name")
    return name, _without_folder(_text_of(parameters, "filename"))


def _split_parameters(value: str) -> tuple[str, dict[str, str]]:
    """The first word of a header's value, in lower case, and its parameters: quotes taken off, escapes left in."""
    kind, _, _ = value.partition(";")
    at = len(kind)
    parameters: dict[str, str] = {}
    for _ in range(MAX_PARAMETERS + 1):
        if at == len(value):
            return kind.strip(" \t").lower(), parameters
        match = _PARAMETER.match(value, at)
        if match is None:
            raise FormError(f"its parameters break off at {value[at : at + 60]!r}")
        key, quoted, bare = match.groups()
        if quoted is not None or bare is not None:
            parameters[key.strip(" \t").lower()] = bare.strip(" \t") if quoted is None else quoted
        at = match.end()
    raise FormError(f"it has more than {MAX_PARAMETERS} parameters in one header")


def _text_of(parameters: dict[str, str], key: str) -> str | None:
    """A name in any of the ways in which it is sent; the plain parameter goes before `key*`, which RFC 7578 forbids."""
    if key in parameters:
        return _unescape(parameters[key])
    if f"{key}*" in parameters:
        return _decode_extended(parameters[f"{key}*"])
    return None


def _unescape(text: str) -> str:
    """Undoes the escapes of browsers (WHATWG: %22, %0D, %0A) and of quoted-string writers (RFC 9110: backslashes).

    A sender that writes `\\"` means a percent sign by a percent sign. A backslash before anything else than a quote, a
    backslash or a blank (aiohttp's) is one: browsers send it so.
    """
    if "\\" in text:
        quotes_backslashed = '\\"' in text
        text = _BACKSLASHED.sub(lambda run: run[0][1::2], text)
        if quotes_backslashed:
            return text
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _decode_extended(text: str) -> str:
    """The value of `key*=charset'language'percent-encoded` (RFC 5987)."""
    charset, _, rest = text.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote or charset.lower() not in ("utf-8", "iso-8859-1"):
        raise FormError(f"{text[:60]!r} is not a value of the form UTF-8''text (RFC 5987)")
    return _decode_percents(encoded.encode()).decode(charset)


def _without_folder(filename: str | None) -> str | None:
    """Old browsers on Windows send the whole path."""
    if filename and (filename[1:3] == ":\\" or filename[:2] == "\\\\"):
        return filename.rpartition("\\")[2]
    return filename


def _decode_percents(text: bytes) -> bytes:
    """Percent-decoding as WHATWG URL §1.3 has it: what is no escape stays."""
    return _PERCENTS.sub(lambda run: unhexlify(run[0].replace(b"%", b"")), text)
