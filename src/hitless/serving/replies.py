"""What a method returned → status, media type, headers and bytes, or a stream. Pure, but for asking numpy's objects."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hitless.serving.request import Rejected, Response, title_of
from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART

_LINE_END = re.compile("\r\n|\r|\n")  # of an event stream, and no other

OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """A complete answer as bytes, or a stream of pieces still to be encoded by `encode_part`."""

    status: int
    content_type: bytes
    headers: bytes
    body: bytes
    stream: Iterator[Any] | AsyncIterator[Any] | None = None


def encode(result: Any, declared: str) -> Reply:
    """The answer for what a method returned; `declared` is the media type of the contract's response.

    dict, list, numbers, None, dataclasses, numpy → JSON. bytes → as they are. str → a JSON string where the contract
    says JSON, else text. Raises TypeError for what has no JSON form and ValueError for headers that cannot be sent.
    """
    if not isinstance(result, Response):
        return _encode(result, declared, 200, None, b"")
    if not 200 <= result.status <= 599:
        raise ValueError(f"status {result.status} is none that a response can have (200 to 599)")
    return _encode(result.body, declared, result.status, result.content_type, header_lines(result.headers))


def _encode(body: Any, declared: str, status: int, content_type: str | None, headers: bytes) -> Reply:
    if isinstance(body, bytes | bytearray | memoryview):
        kind = content_type or (OCTETS if declared in (JSON, MULTIPART) else declared)
        return Reply(status, _media_type(kind), headers, bytes(body))
    if isinstance(body, str) and (content_type or declared) not in (JSON, MULTIPART):
        return Reply(status, _media_type(content_type or _with_charset(declared)), headers, body.encode())
    if is_stream(body):
        kind = content_type or (OCTETS if declared in (JSON, MULTIPART) else _with_charset(declared))
        return Reply(status, _media_type(kind), headers, b"", body)
    return Reply(status, _media_type(content_type or JSON), headers, to_json(body))


def is_stream(value: Any) -> bool:
    """Generators and other iterators, sync and async: sent piece by piece."""
    return inspect.isgenerator(value) or inspect.isasyncgen(value) or isinstance(value, AsyncIterator | Iterator)


def encode_part(part: Any, content_type: bytes) -> bytes:
    """A piece of a stream: an event (HTML standard, section 9.2) in an event stream, else bytes, text, a JSON line."""
    if content_type.startswith(EVENT_STREAM.encode()):
        if isinstance(part, bytes | bytearray | memoryview):
            return bytes(part)
        text = part if isinstance(part, str) else to_json(part).decode()
        return "".join(f"data: {line}\n" for line in _LINE_END.split(text)).encode() + b"\n"
    if isinstance(part, bytes | bytearray | memoryview):
        return bytes(part)
    return part.encode() if isinstance(part, str) else to_json(part) + b"\n"


def to_json(value: Any) -> bytes:
    """JSON of a result; numpy scalars and arrays as numbers and lists. TypeError for what has no JSON form."""
    return _encoder.encode(value)


def _plain(value: Any) -> Any:
    """What msgspec does not know: numpy and torch by their own `tolist`; a generator inside a value is an error."""
    tolist = getattr(value, "tolist", None)
    if tolist is not None:
        return tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form; return dict, list, str, numbers, bool, None or arrays")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def problem(rejection: Rejected, request_id: bytes) -> bytes:
    """Problem details (RFC 9457); `errors` names each wrong field."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title_of(rejection.status),
        "status": rejection.status,
        "detail": _readable(rejection.detail),
        "request_id": request_id.decode("latin-1"),
    }
    if rejection.errors:
        document["errors"] = [
            {"field": _readable(field), "detail": _readable(detail)} for field, detail in rejection.errors
        ]
    return _encoder.encode(document)


def rejection_of(error: BaseException) -> Rejected | None:
    """What an exception of the model says to the client: one whose class has a `status` from 400 to 599; else None.

    The class, not the instance: HTTP clients put the status of *their* answer on the instances that they raise.
    """
    status = error.status if isinstance(error, Rejected) else getattr(type(error), "status", None)
    if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
        if isinstance(error, Rejected):
            return error
        try:
            return Rejected(status, str(error) or title_of(status))
        except Exception:
            return Rejected(status, title_of(status))
    return None


def _readable(text: object) -> str:
    """Text that can be sent: a lone surrogate (of a file name, say) becomes a question mark."""
    return str(text).encode("utf-8", "replace").decode()


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _media_type(kind: str) -> bytes:
    return _field_value("content-type", kind)


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Header fields as they are sent; ValueError for one that may not be."""
    return b"".join(_header_line(str(name), str(value)) for name, value in headers.items())


_RESERVED = {"content-length", "transfer-encoding", "connection", "content-type", "date", "x-request-id"}


def _header_line(name: str, value: str) -> bytes:
    lower = name.lower()
    if lower in _RESERVED or not lower.replace("-", "").replace("_", "").isalnum() or not lower.isascii():
        raise ValueError(f"header {name!r} cannot be set by a model")
    return lower.encode() + b": " + _field_value(name, value) + b"\r\n"


def _field_value(name: str, value: str) -> bytes:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError(f"the value of header {name!r} holds a control character")
    return value.encode("latin-1")
